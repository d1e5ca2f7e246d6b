#!/usr/bin/python3
"""
Lets this instance finish its work before Auto Scaling or a spot interruption ends it.

Run by bento-drain.service. Watches the instance's metadata; once the instance is to go, it stops Bento in order (the
broker first, which takes up to 2 h 15 min to fulfil the orders that it locked), gives the data volume back, and
completes the group's lifecycle hook. `--now` drains at once, for an instance that is taken out by hand.
"""

import argparse
import sys
import time
from typing import Callable

from bento_boot import log, services
from bento_boot.contract import DRAIN_S, TERMINATE_HOOK
from bento_boot.identity import read_instance
from bento_boot.lifecycle import Hook, reason_to_go
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal
from bento_boot.volume import MOUNT_UNIT

POLL_S = 5.0
# systemd ends a broker that takes longer than its drain, and this is for a systemd that does not answer.
STOPPED_WITHIN_S = DRAIN_S + 45 * 60.0
# One transaction: systemd stops units in the reverse of their order.
UNITS = [
    "bento-manager.target",
    "bento-prover.target",
    "bento-broker.service",
    "bento-api.service",
    "bento-executor@*.service",
    "bento-aux.service",
    "bento-prover.service",
    "bento-prover@*.service",
    "bento-postgresql.service",
    "bento-valkey.service",
]


def stop(units: list[str], waiting: Callable[[], None]) -> None:
    """Stops those that there are: patterns match what is loaded, where a name of the other role would be an error."""
    try:
        services.systemctl("stop", *(f"{unit}*" for unit in units), waiting=waiting, timeout_s=STOPPED_WITHIN_S)
    except Refusal as error:
        log.error(f"{error}; going on, since the instance ends anyway")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--now", action="store_true", help="drain without waiting for a reason")
    now = parser.parse_args().now
    metadata = Metadata()
    reason: str | None = "requested with --now" if now else None
    while reason is None:
        try:
            reason = reason_to_go(metadata)
        except Refusal as error:
            log.warning(str(error))
        if reason is None:
            time.sleep(POLL_S)
    log.info(f"draining: {reason}")
    try:
        hook = Hook(TERMINATE_HOOK, read_instance(metadata))
    except Refusal as error:
        # Orders are worth more than the hook, which the next attempt completes.
        log.error(f"draining without notifying Auto Scaling: {error}")
        hook = None
    beat = hook.heartbeat if hook is not None else lambda: None
    stop(["bento-refresh.timer", "bento-refresh.service", "bento-configure.service"], beat)
    # First and by itself, so that its queue is measured meanwhile: provers work for it up to its last order.
    stop(["bento-broker.service"], beat)
    stop(UNITS, beat)
    stop([MOUNT_UNIT], beat)
    log.info("drained")
    problem = hook.complete("CONTINUE") if hook is not None else "this instance does not know its group"
    if problem is not None:
        log.error(f"Auto Scaling could not be notified, and waits for its hook to time out: {problem}")
    return 0 if problem is None else 1


if __name__ == "__main__":
    sys.exit(main())
