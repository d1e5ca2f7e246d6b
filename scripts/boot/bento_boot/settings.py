"""The settings that the cluster's stack gives this instance: one parameter that all instances read."""

import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from .contract import SETTINGS, is_account, matches
from .refusal import Refusal

_ADDRESSES: dict[str, dict[str, Any]] = SETTINGS["deployment"]["keys"]


@dataclass(frozen=True)
class Settings:
    """
    Settings of a cluster, the same for both roles. The broker knows its deployment on known chains; where
    `deployment` is given it must hold both addresses that the broker asks for together
    (docs/facts/bento.md#market-deployment).
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


def _text(value: Any, setting: dict[str, Any]) -> str | None:
    right = isinstance(value, str) and matches(setting["pattern"], value)
    return None if right else f"write a text such as {setting['example']!r}"


def _number(value: Any, setting: dict[str, Any]) -> str | None:
    least, most = setting["least"], setting["most"]
    right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return None if right else f"write a whole number from {least} to {most}"


def _log_id(value: Any, setting: dict[str, Any]) -> str | None:
    least, most = setting["leastDigits"], setting["mostDigits"]
    found = re.fullmatch(rf"0x([0-9a-fA-F]{{{least},{most}}})", value) if isinstance(value, str) else None
    if found is None:
        return f"write 0x and {least} to {most} hexadecimal digits"
    return None if found[1].strip("0") else "write the address that rewards go to: the zero address belongs to no one"


def _addresses(value: Any, setting: dict[str, Any]) -> str | None:
    keys: dict[str, dict[str, Any]] = setting["keys"]
    if not isinstance(value, dict) or not value.keys() <= keys.keys():
        return f"write an object with keys of {', '.join(keys)}"
    if not all(isinstance(address, str) and is_account(address) for address in value.values()):
        return "write addresses as 0x and 40 hexadecimal digits"
    needed = [name for name, key in keys.items() if key["needed"]]
    if not value.keys() >= set(needed):
        return f"give {' and '.join(needed)}: the broker starts with both or none"
    return None


_FORMS: dict[str, Callable[[Any, dict[str, Any]], str | None]] = {
    "text": _text,
    "number": _number,
    "logId": _log_id,
    "addresses": _addresses,
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
    problems: list[str] = [f"{key} is unknown; use {', '.join(SETTINGS)}" for key in content if key not in SETTINGS]
    values: dict[str, Any] = {}
    for key, setting in SETTINGS.items():
        value = content.get(key)
        if value is None:
            value = setting.get("default")
            if setting.get("needed"):
                problems.append(f"{key} is missing")
        else:
            problem = _FORMS[setting["form"]](value, setting)
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
        deployment={_ADDRESSES[key]["variable"]: address for key, address in (values["deployment"] or {}).items()},
    )
