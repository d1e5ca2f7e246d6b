#!/usr/bin/python3
"""
Has Auto Scaling replace this instance, once a unit of it has failed for good: the configuration of a boot, or an agent
of a prover that systemd does not start any more.

Run by bento-replace@<unit>.service, which OnFailure= starts. The instance then drains as any that ends: a manager's
orders are fulfilled first, and its data volume goes to the next one. Ends with 1 when Auto Scaling could not be notified,
and is run again.
"""

import argparse
import sys

from bento_boot import log, services
from bento_boot.identity import read_instance
from bento_boot.lifecycle import BOOT_DONE, reason_to_go, replace
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal

CONFIGURATION = "bento-configure"


def reason_to_stay(unit: str, metadata: Metadata) -> str | None:
    """Why the failure is none that ends an instance; None where it is one."""
    state = services.state(f"{unit}.service")
    if state["ActiveState"] != "failed":
        # systemd calls for each failure, and starts the unit again after it (systemd issue 33710).
        return f"it is {state['ActiveState']} again"
    if unit == CONFIGURATION and BOOT_DONE.exists():
        return "this boot is done: the configuration ran again on an instance that works, or Auto Scaling was notified already"
    if unit != CONFIGURATION and state["NRestarts"] == "0":
        # It failed as it was stopped.
        return "nobody has tried to start it again"
    return reason_to_go(metadata)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("unit", help="without .service")
    unit = parser.parse_args().unit
    try:
        metadata = Metadata()
        reason = reason_to_stay(unit, metadata)
        if reason is not None:
            log.info(f"{unit} has failed, and the instance stays: {reason}")
            return 0
        instance = read_instance(metadata)
        if instance.group is None:
            log.error(f"{unit} has failed for good, and nothing replaces this instance: it belongs to no group")
            return 0
        log.error(f"{unit} has failed for good: this instance is to be replaced")
        problem = replace(instance)
    except Refusal as error:
        problem = str(error)
    if problem is not None:
        log.error(f"Auto Scaling could not be notified to replace this instance: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
