"""What ships logs and metrics: Vector, with service_files/vector*.yaml."""

from pathlib import Path

from . import log, services
from .environment import Variables, render
from .files import write
from .identity import Machine, Purpose
from .refusal import Refusal
from .store import prefix

FILE = Path("/etc/bento/logs.env")
TEMPLATES = "/usr/local/share/boundless"
CONFIGURATION = {"manager": ("vector.yaml",), "prover": ("vector.yaml", "vector-gpu.yaml")}


def variables(machine: Machine, purpose: Purpose) -> Variables:
    """Those that the configuration names, and where it is."""
    return {
        "AWS_REGION": machine.region,
        "INSTANCE_ID": machine.instance_id,
        "ROLE": purpose.role,
        "ENVIRONMENT": purpose.environment,
        "LOG_GROUP": f"{prefix(purpose.environment)}/{purpose.role}",
        "VECTOR_CONFIG": ",".join(f"{TEMPLATES}/{name}" for name in CONFIGURATION[purpose.role]),
    }


def ship(machine: Machine, purpose: Purpose) -> None:
    """First of all, so that what goes wrong next is seen. A machine that proves is worth more than its logs."""
    write(FILE, render(variables(machine, purpose)), 0o644)
    try:
        services.ensure("bento-logs.service", FILE)
    except Refusal as error:
        log.warning(f"logs stay on this machine: {error}")
