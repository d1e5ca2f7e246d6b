"""What ships logs and metrics: Vector, with service_files/vector*.yaml."""

from pathlib import Path
from typing import Mapping

from . import environment, log, redaction, services
from .environment import Variables, render
from .files import write
from .identity import Machine, Purpose
from .refusal import Refusal
from .store import prefix

UNIT = "bento-logs.service"
FILE = Path("/etc/bento/logs.env")
# Apart, since other services read the first one.
REDACTED = Path("/etc/bento/redacted.env")
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


def _start() -> None:
    """A machine that proves is worth more than its logs."""
    try:
        services.ensure(UNIT, *(file for file in (FILE, REDACTED) if file.exists()))
    except Refusal as error:
        log.warning(f"logs stay on this machine: {error}")


def ship(machine: Machine, purpose: Purpose) -> None:
    """First of all, so that what goes wrong next is seen. What was secret in an earlier boot is redacted from the start."""
    write(FILE, render(variables(machine, purpose)), 0o644)
    _start()


def redact(secrets: Mapping[str, str]) -> None:
    """
    Keeps these values out of the log; to be called before a service gets them. Values of before are kept out as well:
    lines with them may still wait to be sent.

    :raises Refusal: when there are too many
    """
    earlier = environment.parse(REDACTED.read_text()).get("REDACTED", "") if REDACTED.exists() else ""
    pattern = redaction.pattern(secrets, redaction.alternatives(earlier))
    changed = write(REDACTED, render({"REDACTED": pattern}), 0o600)
    # Also where an earlier run wrote the file and ended before Vector read it.
    if changed or services.outdated(UNIT, [REDACTED]):
        _start()
