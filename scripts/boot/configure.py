#!/usr/bin/python3
"""
Makes this machine what its tags or its user data say: manager or prover.

Run by bento-configure.service at every boot; safe to run again at any time, for instance after a secret has changed.
Needs root. Ends with 0 when the role works, with 1 when it does not: the journal says why, and an Auto Scaling group
is told to replace the machine, where this boot has not worked before.
"""

import argparse
import sys
from pathlib import Path
from typing import Callable

from bento_boot import aws, log, logs, manager, prover, services
from bento_boot.files import alone
from bento_boot.identity import Machine, Purpose, read_machine, read_purpose
from bento_boot.lifecycle import LAUNCH_HOOK, Hook, settle
from bento_boot.metadata import Metadata
from bento_boot.refusal import Refusal
from bento_boot.release import Release, read_release
from bento_boot.settings import parse_settings
from bento_boot.store import Store, prefix, storage

ETC = Path("/etc/bento")
REFRESH_TIMER = "bento-refresh.timer"
# Of every role: what the bake, user data and this program itself wrote.
KEPT = frozenset({"release.json", "instance.json", "logs.env", "redacted.env"})


def forget(files_of_role: frozenset[str]) -> None:
    """A machine of the unified image may have had another role, whose secrets are not for this one, in any form."""
    others = [file for file in ETC.iterdir() if file.is_file() and file.name not in KEPT | files_of_role]
    if others:
        logs.REDACTED.unlink(missing_ok=True)
    for file in others:
        file.unlink()


def take_role(machine: Machine, purpose: Purpose, release: Release, check: bool, waiting: Callable[[], None]) -> None:
    patience = aws.Patience() if check else aws.at_boot(waiting)
    store = Store(purpose.environment, machine.region, patience)
    name, text = store.parameter("settings")
    if text is None:
        raise Refusal(f"the parameter {name} is missing; deploy the stack prover-cluster-{purpose.environment}")
    settings = parse_settings(text, name)
    secrets = store.secrets(purpose.role) if check else store.filled_secrets(purpose.role, waiting)
    keys = storage(secrets["storage"], prefix(purpose.environment))
    if purpose.role == "manager":
        manager.check(store, settings, keys, machine, patience)
    if check:
        log.info(f"a {purpose.role} of {purpose.environment} has everything it needs; nothing was changed")
        return
    other = prover.TARGET if purpose.role == "manager" else manager.TARGET
    if services.active(other):
        # A broker drains for hours; whoever changes the role decides when.
        raise Refusal(f"this machine has another role at work; run `systemctl stop {other}` first (docs/boot.md)")
    forget(manager.FILES if purpose.role == "manager" else prover.FILES)
    # Before any service has them.
    logs.redact(secrets)
    if purpose.role == "manager":
        manager.prepare(store, settings, secrets, keys, release, machine)
        manager.run(store, settings, secrets, machine, waiting)
    else:
        prover.await_manager(settings, waiting)
        secrets = prover.with_passwords_of_manager(store, settings, secrets, {})
        prover.prepare(settings, secrets, keys, release, machine)
        prover.run(waiting)
    # Not before: what is refreshed is a role that works.
    services.systemctl("start", REFRESH_TIMER)
    log.info(f"this is a {purpose.role} of {purpose.environment}: Bento {release.version}, broker {release.broker_version}")


def give_up(hook: Hook | None) -> int:
    problem = hook.complete("ABANDON") if hook is not None else None
    if problem is not None:
        log.error(f"Auto Scaling could not be told: {problem}")
    if hook is not None and hook.completed:
        settle()
    # At a later boot nobody waits in the hook: then bento-replace does it.
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is missing; change nothing")
    check = parser.parse_args().check
    hook: Hook | None = None
    try:
        metadata = Metadata()
        machine = read_machine(metadata)
        hook = None if check else Hook(LAUNCH_HOOK, machine)
        release = read_release()
        purpose = read_purpose(metadata, release)
        if not check:
            logs.ship(machine, purpose)
        with alone(wait=not check):
            take_role(machine, purpose, release, check, hook.heartbeat if hook is not None else lambda: None)
    except (Refusal, *aws.ERRORS, OSError) as error:
        log.error(f"this machine cannot take its role: {error}")
        return give_up(hook)
    except Exception:
        # Nobody has thought of it: the journal gets all there is to know, and the machine is not left waiting.
        log.error("this machine cannot take its role, for a reason that this program does not know")
        give_up(hook)
        raise
    if not check:
        settle()
    problem = hook.complete("CONTINUE") if hook is not None else None
    if problem is not None:
        log.error(f"the role works, but Auto Scaling could not be told: {problem}")
    return 0 if problem is None else 1


if __name__ == "__main__":
    sys.exit(main())
