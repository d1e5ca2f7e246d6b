"""broker.toml: the text that the stack has made for this release."""

import re
import tomllib

from .contract import CONTRACT
from .refusal import Refusal

_FORM: dict[str, str] = CONTRACT["brokerConfiguration"]

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


def of_release(parameter: str, name: str, release: str) -> str:
    """
    The text of a release, such as `v1.2.1`.

    :param parameter: the texts of all releases that images of this environment may carry
    :param name: of the parameter, for messages
    :raises Refusal: when it has none for this release, or something else
    """
    before, *found = re.split(rf"^{re.escape(_FORM['releases'])}(.*)\n", parameter, flags=re.MULTILINE)
    if before or not found:
        raise Refusal(f"the parameter {name} does not start with a line {_FORM['releases']!r}; deploy the cluster's stack")
    texts = {known: text for names, text in zip(found[::2], found[1::2], strict=True) for known in names.split()}
    if release not in texts:
        raise Refusal(
            f"the parameter {name} has no broker.toml for {release}, which this image carries, but for {', '.join(texts)}; "
            "start an image with one of these, or widen broker.releases and deploy the cluster's stack"
        )
    return f"{texts[release].strip()}\n"


def with_preflights(text: str, preflights: int) -> str:
    """
    The text with the one value that only this instance knows, unless the environment gives its own.

    :raises Refusal: when it is no TOML
    """
    key = _FORM["preflights"]
    toml = text.replace(f'{key} = "{_FORM["preflightsAtBoot"]}"\n', f"{key} = {preflights}\n")
    try:
        tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"the broker.toml for this release is no TOML: {error}; deploy the cluster's stack") from error
    return toml


def cancels(toml: str) -> bool:
    """Whether the broker cancels jobs whose orders expired, for which it needs the database."""
    market = tomllib.loads(toml).get("market", {})
    return bool(market.get("cancel_proving_expired_orders", False))


def changed_at_start(running: str, present: str) -> list[str]:
    """
    Keys whose values a broker does not take before it starts again.

    :param running: the broker.toml that it started with
    """
    before, after = tomllib.loads(running), tomllib.loads(present)

    return [
        f"{section}.{key}"
        for section, names in AT_START.items()
        for key in names
        if before.get(section, {}).get(key) != after.get(section, {}).get(key)
    ]
