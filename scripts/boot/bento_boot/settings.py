"""What the cluster's stack says about this machine: one parameter that everybody reads."""

import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from . import limits
from .refusal import Refusal

_DEPLOYMENT = {
    "boundlessMarketAddress": "BOUNDLESS_MARKET_ADDRESS",
    "setVerifierAddress": "SET_VERIFIER_ADDRESS",
    "verifierRouterAddress": "VERIFIER_ADDRESS",
    "collateralTokenAddress": "COLLATERAL_TOKEN_ADDRESS",
}


@dataclass(frozen=True)
class Settings:
    """
    Settings of a cluster, the same for both roles. The broker knows its deployment on known chains; where
    `deployment` is given it must hold both addresses that the broker asks for together (bento.md 1.4).
    """

    manager_address: str
    bucket: str
    data_volume_id: str | None
    segment_po2: int
    snark_timeout_s: int
    log_level: str
    povw_log_id: str | None
    # None for as many as the manager's size allows.
    executors: int | None
    chain_id: int | None
    deployment: Mapping[str, str]


_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def _text(pattern: str, example: str) -> Callable[[Any], str | None]:
    compiled = re.compile(pattern)
    return lambda value: (
        None if isinstance(value, str) and compiled.fullmatch(value) else f"write a text such as {example!r}"
    )


def _whole(least: int, most: int) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if right else f"write a whole number from {least} to {most}"

    return check


def _log_id(value: Any) -> str | None:
    least, most = limits.POVW_LOG_ID_DIGITS
    found = re.fullmatch(rf"0x([0-9a-fA-F]{{{least},{most}}})", value) if isinstance(value, str) else None
    if found is None:
        return f"write 0x and {least} to {most} hexadecimal digits"
    return None if found[1].strip("0") else "write the address that rewards go to: the zero address belongs to no one"


def _addresses(value: Any) -> str | None:
    if not isinstance(value, dict) or not set(value) <= set(_DEPLOYMENT):
        return f"write an object with keys of {', '.join(_DEPLOYMENT)}"
    if not all(isinstance(address, str) and _ADDRESS.fullmatch(address) for address in value.values()):
        return "write addresses as 0x and 40 hexadecimal digits"
    if not {"boundlessMarketAddress", "setVerifierAddress"} <= set(value):
        return "give boundlessMarketAddress and setVerifierAddress: the broker starts with both or none"
    return None


# Key, check, and default; `...` where there is none. None is "not set", for keys whose default it is.
_KEYS: dict[str, Any] = {
    "managerAddress": (_text(r"[0-9a-zA-Z.-]+", "10.20.0.10"), ...),
    "bucket": (_text(r"[a-z0-9][a-z0-9.-]{2,62}", "bento-storage"), ...),
    "dataVolumeId": (_text(r"vol-[0-9a-f]{8,17}", "vol-0123456789abcdef0"), None),
    "segmentPo2": (_whole(*limits.SEGMENT_PO2), 21),
    "snarkTimeoutSeconds": (_whole(*limits.SNARK_TIMEOUT_SECONDS), 180),
    "logLevel": (_text(r"[a-z0-9_:=,]+", "info"), "info"),
    "povwLogId": (_log_id, None),
    "executors": (_whole(*limits.EXECUTORS), None),
    "chainId": (_whole(1, 2**53), None),
    "deployment": (_addresses, None),
}


def parse_settings(text: str, name: str) -> Settings:
    """
    :param name: of the parameter, for messages
    :raises Refusal: with every problem at once
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Refusal(f"the parameter {name} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise Refusal(f"the parameter {name} is no JSON object")
    problems: list[str] = [f"{key} is unknown; use {', '.join(_KEYS)}" for key in content if key not in _KEYS]
    values: dict[str, Any] = {}
    for key, (check, default) in _KEYS.items():
        value = content.get(key)
        if value is None:
            value = default
            if default is ...:
                problems.append(f"{key} is missing")
        else:
            problem = check(value)
            if problem is not None:
                problems.append(f"{key} is {json.dumps(value)}; {problem}")
        values[key] = value
    if values["chainId"] is not None and not values["deployment"]:
        problems.append("chainId is given without deployment; the broker takes both or none")
    if problems:
        raise Refusal(f"the parameter {name} is not right: {'; '.join(problems)}")
    return Settings(
        manager_address=values["managerAddress"],
        bucket=values["bucket"],
        data_volume_id=values["dataVolumeId"],
        segment_po2=values["segmentPo2"],
        snark_timeout_s=values["snarkTimeoutSeconds"],
        log_level=values["logLevel"],
        povw_log_id=values["povwLogId"],
        executors=values["executors"],
        chain_id=values["chainId"],
        deployment={_DEPLOYMENT[key]: address for key, address in (values["deployment"] or {}).items()},
    )
