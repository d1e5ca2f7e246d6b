#!/usr/bin/python3
"""
Has an instance that works take secrets and settings that have changed: once a day, and on a prover as soon as the manager
refuses the password that it has.

Run every few minutes by bento-refresh.timer, which bento-configure starts once the role works. It never calls Auto
Scaling, never restarts the broker, and starts nothing that is stopped. Needs root. Ends with 1 when something
is wrong: the journal has the reason, and the instance goes on with what it had. `--now` looks at once.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from bento_boot import aws, log, logs, manager, prover, services
from bento_boot.contract import REFRESH_AFTER_FAILURE_S, REFRESH_S, cluster_path
from bento_boot.files import alone
from bento_boot.identity import read_instance, read_purpose
from bento_boot.lifecycle import reason_to_go
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal
from bento_boot.release import read_release
from bento_boot.settings import parse_settings
from bento_boot.store import Store, storage

# Its time is when the next look is due; it goes with the boot, which reads everything again.
NEXT = Path("/run/bento-refresh/next")


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
        log.info(f"nothing is refreshed: {role.TARGET} is not active")
        return
    if not (now or due() or (role is prover and prover.refused())):
        return
    look_again_in(REFRESH_AFTER_FAILURE_S)
    instance = read_instance(metadata)
    store = Store(purpose.environment, instance.region)
    name, text = store.parameter("settings")
    if text is None:
        raise Refusal(f"the parameter {name} is missing; deploy the stack prover-cluster-{purpose.environment}")
    secrets = store.secrets(purpose.role)
    keys = storage(secrets["storage"], cluster_path(purpose.environment))
    # Before any service has them; previous secrets stay out of the log as well.
    logs.redact(secrets)
    role.refresh(store, parse_settings(text, name), secrets, keys, release, instance)
    look_again_in(REFRESH_S)
    log.info(f"this {purpose.role} has the current secrets and settings")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--now", action="store_true", help="look at once, whenever the last time was")
    now = parser.parse_args().now
    try:
        with alone(wait=False) as ours:
            if ours:
                refresh(Metadata(), now)
            else:
                log.info("nothing is refreshed: the instance is being configured")
    except (Refusal, *aws.ERRORS, OSError) as error:
        log.error(f"this instance goes on with the secrets and settings that it has: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
