"""broker.toml: the image's template with the cluster's values in it."""

import json
from typing import Any

import tomlkit
from tomlkit.items import Table

from .refusal import Refusal

SECTIONS = ("market", "prover", "batcher")

# Names of one key; the broker does not start with two of them in one file (bento.md 2).
SAME: list[tuple[str, ...]] = [
    ("min_mcycle_price", "mcycle_price"),
    ("min_mcycle_price_collateral_token", "mcycle_price_collateral_token"),
    ("max_collateral", "max_stake"),
    ("collateral_balance_warn_threshold", "stake_balance_warn_threshold"),
    ("collateral_balance_error_threshold", "stake_balance_error_threshold"),
    ("max_concurrent_proofs", "max_concurrent_locks"),
    ("order_commitment_priority", "expired_order_fulfillment_priority"),
    ("min_batch_size", "batch_size"),
]


# Keys that the broker reads as it starts and not again, in any release from 1.0.0 to 1.2.2: bin/broker.rs, lib.rs,
# order_monitor.rs, submitter.rs and provers/bonsai.rs of crates/broker/src. All others take effect while it runs.
AT_START: dict[str, tuple[str, ...]] = {
    "market": (
        "lookback_blocks",
        "events_poll_blocks",
        "events_poll_ms",
        "balance_warn_threshold",
        "balance_error_threshold",
        "collateral_balance_warn_threshold",
        "collateral_balance_error_threshold",
        "assessor_default_image_url",
        "set_builder_default_image_url",
    ),
    "prover": (
        "status_poll_retry_count",
        "status_poll_ms",
        "req_retry_count",
        "req_retry_sleep_ms",
        "bonsai_r0_zkvm_ver",
        "set_builder_guest_path",
        "assessor_set_guest_path",
    ),
    "batcher": ("txn_timeout",),
}


def parse_overrides(text: str, name: str) -> dict[str, dict[str, Any]]:
    """
    :param text: JSON such as `{"market": {"max_collateral": "50"}}`; synthesis has checked its keys for the release
    :param name: of the parameter, for messages
    """
    try:
        content = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        raise Refusal(f"the parameter {name} is no JSON: {error}") from error
    if not isinstance(content, dict) or not all(
        section in SECTIONS and isinstance(values, dict) for section, values in content.items()
    ):
        raise Refusal(f"the parameter {name} is no object with sections of {', '.join(SECTIONS)}")
    for section, values in content.items():
        for key, value in values.items():
            if value is not None and _has_null(value):
                raise Refusal(f"the parameter {name} has null inside of {section}.{key}; TOML has none, so leave it out")
    return content


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _has_null(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(_has_null(item) for item in inner)


def render(template: str, overrides: dict[str, dict[str, Any]]) -> str:
    """The template with the values put in; comments and order stay, and a key stays under one name."""
    document = tomlkit.parse(template)
    for section, values in overrides.items():
        table = document.get(section)
        if not isinstance(table, Table):
            table = tomlkit.table()
            document[section] = table
        for key, value in values.items():
            names = next((names for names in SAME if key in names), (key,))
            for other in names:
                if other != key and other in table:
                    table.remove(other)
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
    return tomlkit.dumps(document)


def cancels(toml: str) -> bool:
    """Whether the broker cancels jobs whose orders expired, for which it needs the database."""
    market = tomlkit.parse(toml).get("market", {})
    return bool(market.get("cancel_proving_expired_orders", False))


def changed_at_start(running: str, present: str) -> list[str]:
    """
    Keys whose values a broker does not take before it starts again.

    :param running: the broker.toml that it started with
    """
    before, after = tomlkit.parse(running).unwrap(), tomlkit.parse(present).unwrap()

    def value(content: dict[str, Any], section: str, key: str) -> Any:
        table = content.get(section, {})
        names = next((names for names in SAME if key in names), (key,))
        return next((table[name] for name in names if name in table), None)

    return [
        f"{section}.{key}"
        for section, names in AT_START.items()
        for key in names
        if value(before, section, key) != value(after, section, key)
    ]
