"""What ships logs and metrics: Vector, with service_files/vector*.yaml."""

from pathlib import Path
from typing import Mapping

from . import environment, log, redaction, services
from .contract import METRIC_NAMESPACE, log_group
from .environment import Variables, render
from .files import write
from .identity import Instance, Purpose
from .refusal import Refusal

UNIT = "bento-logs.service"
FILE = Path("/etc/bento/logs.env")
# Apart, since other services read the first one.
REDACTED = Path("/etc/bento/redacted.env")
TEMPLATES = "/usr/local/share/boundless"
CONFIGURATION = {"manager": ("vector.yaml",), "prover": ("vector.yaml", "vector-gpu.yaml")}


def variables(instance: Instance, purpose: Purpose) -> Variables:
    """Those that the configuration names, and where it is."""
    return {
        "AWS_REGION": instance.region,
        "INSTANCE_ID": instance.instance_id,
        "ROLE": purpose.role,
        "ENVIRONMENT": purpose.environment,
        "LOG_GROUP": log_group(purpose.environment, purpose.role),
        "METRIC_NAMESPACE": METRIC_NAMESPACE,
        "VECTOR_CONFIG": ",".join(f"{TEMPLATES}/{name}" for name in CONFIGURATION[purpose.role]),
    }


def _start() -> None:
    """An instance that proves is worth more than its logs."""
    try:
        services.ensure(UNIT, *(file for file in (FILE, REDACTED) if file.exists()))
    except Refusal as error:
        log.warning(f"logs stay on this instance: {error}")


def ship(instance: Instance, purpose: Purpose) -> None:
    """First of all, so that what goes wrong next is seen. What was secret in an earlier boot is redacted from the start."""
    write(FILE, render(variables(instance, purpose)), 0o644)
    _start()


def redact(secrets: Mapping[str, str]) -> None:
    """
    Keeps these values out of the log; to be called before a service gets them. Previous values are kept out as well:
    lines with them may still wait to be sent.

    :raises Refusal: when there are too many
    """
    earlier = environment.parse(REDACTED.read_text()).get("REDACTED", "") if REDACTED.exists() else ""
    pattern = redaction.pattern(secrets, redaction.alternatives(earlier))
    changed = write(REDACTED, render({"REDACTED": pattern}), 0o600)
    # Also where an earlier run wrote the file and ended before Vector read it.
    if changed or services.outdated(UNIT, [REDACTED]):
        _start()
