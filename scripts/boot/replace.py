#!/usr/bin/python3
"""
Has Auto Scaling replace this machine, once a unit of it has failed for good: the configuration of a boot, or an agent
of a prover that systemd does not start any more.

Run by bento-replace@<unit>.service, which OnFailure= starts. The machine then drains as any that ends: a manager's
orders are fulfilled first, and its data volume goes to the next one. Ends with 1 when Auto Scaling could not be told,
and is run again.
"""

import argparse
import sys

from bento_boot import log, services
from bento_boot.identity import read_machine
from bento_boot.lifecycle import SETTLED, reason_to_go, replace
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal

CONFIGURATION = "bento-configure"


def reason_to_stay(unit: str, metadata: Metadata) -> str | None:
    """Why the failure is none that ends a machine; None where it is one."""
    state = services.state(f"{unit}.service")
    if state["ActiveState"] != "failed":
        # systemd calls for each failure, and starts the unit again after it (systemd issue 33710).
        return f"it is {state['ActiveState']} again"
    if unit == CONFIGURATION and SETTLED.exists():
        return "this boot is settled: it was run again on a machine that works, or Auto Scaling knows already"
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
            log.info(f"{unit} has failed, and the machine stays: {reason}")
            return 0
        machine = read_machine(metadata)
        if machine.group is None:
            log.error(f"{unit} has failed for good, and nobody replaces this machine: it belongs to no group")
            return 0
        log.error(f"{unit} has failed for good: this machine is to be replaced")
        problem = replace(machine)
    except Refusal as error:
        problem = str(error)
    if problem is not None:
        log.error(f"Auto Scaling could not be told to replace this machine: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
