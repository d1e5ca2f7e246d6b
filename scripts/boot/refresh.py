#!/usr/bin/python3
"""
Has a machine that works take secrets and settings that have changed: once a day, and on a prover as soon as the manager
refuses the password that it has.

Run every few minutes by bento-refresh.timer, which bento-configure starts once the role works. It never tells Auto
Scaling anything, never restarts the broker, and starts nothing that is stopped. Needs root. Ends with 1 when something
is wrong: the journal says what, and the machine goes on with what it had. `--now` looks at once.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from bento_boot import aws, log, logs, manager, prover, services
from bento_boot.files import alone
from bento_boot.identity import read_machine, read_purpose
from bento_boot.lifecycle import reason_to_go
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal
from bento_boot.release import read_release
from bento_boot.settings import parse_settings
from bento_boot.store import Store, prefix, storage

# Its time is when the next look is due; it goes with the boot, which reads everything anew.
NEXT = Path("/run/bento-refresh/next")
DAY_S = 24 * 3600.0
AGAIN_S = 3600.0


def due() -> bool:
    return not NEXT.exists() or NEXT.stat().st_mtime <= time.time()


def look_again_in(seconds: float) -> None:
    NEXT.parent.mkdir(exist_ok=True)
    NEXT.touch()
    os.utime(NEXT, (time.time() + seconds,) * 2)


def refresh(metadata: Metadata, now: bool) -> None:
    reason = reason_to_go(metadata)
    if reason is not None:
        log.info(f"nothing is refreshed: {reason}")
        return
    release = read_release()
    purpose = read_purpose(metadata, release)
    role = manager if purpose.role == "manager" else prover
    if not services.active(role.TARGET):
        log.info(f"nothing is refreshed: {role.TARGET} is not at work")
        return
    if not (now or due() or (role is prover and prover.refused())):
        return
    look_again_in(AGAIN_S)
    machine = read_machine(metadata)
    store = Store(purpose.environment, machine.region)
    name, text = store.parameter("settings")
    if text is None:
        raise Refusal(f"the parameter {name} is missing; deploy the stack prover-cluster-{purpose.environment}")
    secrets = store.secrets(purpose.role)
    keys = storage(secrets["storage"], prefix(purpose.environment))
    # Before any service has them; those of before stay out of the log as well.
    logs.redact(secrets)
    role.refresh(store, parse_settings(text, name), secrets, keys, release, machine)
    look_again_in(DAY_S)
    log.info(f"this {purpose.role} has the secrets and settings of now")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--now", action="store_true", help="look at once, whenever the last time was")
    now = parser.parse_args().now
    try:
        with alone(wait=False) as ours:
            if ours:
                refresh(Metadata(), now)
            else:
                log.info("nothing is refreshed: the machine is being configured")
    except (Refusal, *aws.ERRORS, OSError) as error:
        log.error(f"this machine goes on with the secrets and settings that it has: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
