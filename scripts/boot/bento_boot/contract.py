"""
What this instance and the stacks must agree on: ../contract.json. config/contract.ts, which imports the same file,
explains each value.
"""

import json
import re
from pathlib import Path
from typing import Any

CONTRACT: dict[str, Any] = json.loads((Path(__file__).parent.parent / "contract.json").read_text())

ROLES: dict[str, dict[str, list[str]]] = CONTRACT["roles"]
TAGS: dict[str, str] = CONTRACT["tags"]
LAUNCH_HOOK: str = CONTRACT["lifecycleHooks"]["launch"]["name"]
TERMINATE_HOOK: str = CONTRACT["lifecycleHooks"]["terminate"]["name"]
# Seconds without a heartbeat after which Auto Scaling goes on.
TERMINATE_HOOK_S: int = CONTRACT["lifecycleHooks"]["terminate"]["heartbeatSeconds"]
DRAIN_S: int = CONTRACT["drainMinutes"] * 60
REFRESH_S: int = CONTRACT["refreshHours"]["after"] * 3600
REFRESH_AFTER_FAILURE_S: int = CONTRACT["refreshHours"]["afterFailure"] * 3600
POSTGRESQL_PORT: int = CONTRACT["ports"]["postgresql"]
VALKEY_PORT: int = CONTRACT["ports"]["valkey"]
API_PORT: int = CONTRACT["ports"]["api"]
METRIC_NAMESPACE: str = CONTRACT["metricNamespace"]
METRIC_DIMENSIONS: dict[str, str] = CONTRACT["metricDimensions"]
# Unit by metric.
QUEUE_METRICS: dict[str, str] = CONTRACT["queueMetrics"]
VALKEY_METRICS: dict[str, str] = CONTRACT["valkeyMetrics"]
BOOT_FAILURE: str = CONTRACT["logLines"]["bootFailure"]
DATA: str = CONTRACT["paths"]["data"]
EXECUTOR_MIB: int = CONTRACT["managerMemoryGiB"]["executor"] * 1024
OTHERS_MIB: int = CONTRACT["managerMemoryGiB"]["others"] * 1024
SMOKE_PROOFS: dict[str, str] = CONTRACT["smokeProofs"]
SMOKE_LIMIT_S: int = CONTRACT["smokeLimitMinutes"] * 60
SETTINGS: dict[str, dict[str, Any]] = CONTRACT["settings"]
SECRETS: dict[str, dict[str, Any]] = CONTRACT["secrets"]


def filled(form: str, **values: str) -> str:
    """A text of the contract with values in the place of `{name}`."""
    return re.sub(r"\{([a-zA-Z]+)\}", lambda found: values.get(found[1], found[0]), form)


def matches(pattern: str, value: str) -> bool:
    """Whether the whole of a value matches a pattern of the contract."""
    return re.fullmatch(filled(pattern, httpsAddress=CONTRACT["httpsAddress"]), value) is not None


def is_account(value: str) -> bool:
    """Whether it is an account on a chain."""
    return matches(CONTRACT["account"], value)


def is_environment(name: str) -> bool:
    return matches(CONTRACT["environmentName"], name)


def cluster_path(environment: str) -> str:
    """Settings and secrets are below it."""
    return filled(CONTRACT["clusterPath"], environment=environment)


def log_group(environment: str, role: str) -> str:
    return filled(CONTRACT["logGroup"], clusterPath=cluster_path(environment), role=role)


def secrets_of(role: str, needed: bool) -> tuple[str, ...]:
    """Names of the secrets that a role must have, or of those that it reads where they have a value."""
    return tuple(name for name, secret in SECRETS.items() if role in secret["readBy"] and secret["needed"] is needed)


def parameter(name: str) -> str:
    """
    The name of a parameter below the cluster's path.

    :raises KeyError: for one that the stacks do not make
    """
    CONTRACT["parameters"][name]
    return name
