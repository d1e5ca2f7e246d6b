#!/usr/bin/python3
"""
Gives this instance the role of its tags or its user data: manager or prover.

Run by bento-configure.service at every boot; safe to run again at any time, for instance after a secret has changed.
Needs root. Ends with 0 when the role works, with 1 when it does not: the journal has the reason, and Auto Scaling is
notified to replace the instance, where this boot has not worked before.
"""

import argparse
import sys
from pathlib import Path
from typing import Callable

from bento_boot import aws, log, logs, manager, prover, services
from bento_boot.contract import BOOT_FAILURE, LAUNCH_HOOK, cluster_path
from bento_boot.files import alone
from bento_boot.identity import Instance, Purpose, read_instance, read_purpose
from bento_boot.lifecycle import Hook, mark_boot_done
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal
from bento_boot.release import Release, read_release
from bento_boot.settings import parse_settings
from bento_boot.store import Store, storage

ETC = Path("/etc/bento")
REFRESH_TIMER = "bento-refresh.timer"
# Of every role: what the bake, user data and this program itself wrote.
KEPT = frozenset({"release.json", "instance.json", "logs.env", "redacted.env"})


def forget(files_of_role: frozenset[str]) -> None:
    """An instance of the unified image may have had another role, whose secrets are not for this one, in any form."""
    others = [file for file in ETC.iterdir() if file.is_file() and file.name not in KEPT | files_of_role]
    if others:
        logs.REDACTED.unlink(missing_ok=True)
    for file in others:
        file.unlink()


def take_role(instance: Instance, purpose: Purpose, release: Release, check: bool, waiting: Callable[[], None]) -> None:
    patience = aws.Patience() if check else aws.at_boot(waiting)
    store = Store(purpose.environment, instance.region, patience)
    name, text = store.parameter("settings")
    if text is None:
        raise Refusal(f"the parameter {name} is missing; deploy the stack prover-cluster-{purpose.environment}")
    settings = parse_settings(text, name)
    secrets = store.secrets(purpose.role) if check else store.filled_secrets(purpose.role, waiting)
    keys = storage(secrets["storage"], cluster_path(purpose.environment))
    if purpose.role == "manager":
        manager.check(store, settings, keys, release, instance, patience)
    if check:
        log.info(f"a {purpose.role} of {purpose.environment} has everything it needs; nothing was changed")
        return
    other = prover.TARGET if purpose.role == "manager" else manager.TARGET
    if services.active(other):
        # A broker drains for hours; the operator who changes the role decides when.
        raise Refusal(f"another role is active on this instance; run `systemctl stop {other}` first (docs/boot.md)")
    forget(manager.FILES if purpose.role == "manager" else prover.FILES)
    # Before any service has them.
    logs.redact(secrets)
    if purpose.role == "manager":
        manager.prepare(store, settings, secrets, keys, release, instance)
        manager.run(store, settings, secrets, instance, waiting)
    else:
        prover.await_manager(settings, waiting)
        secrets = prover.with_passwords_of_manager(store, settings, secrets, {})
        prover.prepare(settings, secrets, keys, release, instance)
        prover.run(waiting)
    # Not before: what is refreshed is a role that works.
    services.systemctl("start", REFRESH_TIMER)
    log.info(f"this is a {purpose.role} of {purpose.environment}: Bento {release.version}, broker {release.broker_version}")


def give_up(hook: Hook | None) -> int:
    problem = hook.complete("ABANDON") if hook is not None else None
    if problem is not None:
        log.error(f"Auto Scaling could not be notified: {problem}")
    if hook is not None and hook.completed:
        mark_boot_done()
    # At a later boot no hook waits: then bento-replace notifies Auto Scaling.
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only report what is missing; change nothing")
    check = parser.parse_args().check
    hook: Hook | None = None
    try:
        metadata = Metadata()
        instance = read_instance(metadata)
        hook = None if check else Hook(LAUNCH_HOOK, instance)
        release = read_release()
        purpose = read_purpose(metadata, release)
        if not check:
            logs.ship(instance, purpose)
        with alone(wait=not check):
            take_role(instance, purpose, release, check, hook.heartbeat if hook is not None else lambda: None)
    except (Refusal, *aws.ERRORS, OSError) as error:
        log.error(f"{BOOT_FAILURE}: {error}")
        return give_up(hook)
    except Exception:
        # An unexpected error: the journal gets the traceback, and the hook is completed.
        log.error(f"{BOOT_FAILURE}, for an unexpected reason")
        give_up(hook)
        raise
    if not check:
        mark_boot_done()
    problem = hook.complete("CONTINUE") if hook is not None else None
    if problem is not None:
        log.error(f"the role works, but Auto Scaling could not be notified: {problem}")
    return 0 if problem is None else 1


if __name__ == "__main__":
    sys.exit(main())
