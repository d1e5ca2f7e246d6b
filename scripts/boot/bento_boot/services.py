"""systemd, and whether what it started works."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from typing import Callable

from . import log
from .refusal import Refusal


def systemctl(*arguments: str, timeout_s: float = 900) -> str:
    """:raises Refusal: with what systemd says of the unit"""
    done = subprocess.run(
        ["systemctl", *arguments], capture_output=True, text=True, check=False, timeout=timeout_s
    )
    if done.returncode != 0:
        raise Refusal(f"systemctl {' '.join(arguments)} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def restart(unit: str) -> None:
    log.info(f"starting {unit}")
    systemctl("reset-failed", unit)
    systemctl("restart", unit)


def start(unit: str) -> None:
    log.info(f"starting {unit}")
    systemctl("start", unit)


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False


def healthy(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait(what: str, ready: Callable[[], bool], seconds: float, waiting: Callable[[], None] = lambda: None) -> None:
    """:raises Refusal: when it is not ready in time"""
    until = time.monotonic() + seconds
    said = time.monotonic()
    while not ready():
        if time.monotonic() > until:
            raise Refusal(f"{what} is not ready after {seconds:.0f} s")
        if time.monotonic() - said > 60:
            log.info(f"waiting for {what}")
            said = time.monotonic()
        waiting()
        time.sleep(2)


def expect_steady(units: list[str], seconds: float) -> None:
    """A service that ends and is started again looks active most of the time; its count of restarts tells."""
    time.sleep(seconds)
    for unit in units:
        shown = systemctl("show", "--property=ActiveState,NRestarts", unit)
        state = dict(line.split("=", 1) for line in shown.split() if "=" in line)
        if state.get("ActiveState") != "active" or state.get("NRestarts", "0") != "0":
            raise Refusal(
                f"{unit} does not stay up ({state.get('ActiveState')}, started again {state.get('NRestarts')} times); "
                f"see journalctl --unit {unit}"
            )


def active(unit: str) -> bool:
    return subprocess.run(["systemctl", "--quiet", "is-active", unit], check=False).returncode == 0


def take_up(changed: list[str]) -> None:
    """Has running services start again with their new environment; those that do not run are left alone."""
    for service in changed:
        systemctl("try-restart", f"bento-{service}.service", *(["bento-prover@*.service"] if service == "prover" else []))


def instances(prefix: str) -> list[str]:
    """Loaded instances of a template, such as those of `bento-prover@`."""
    shown = systemctl("list-units", "--plain", "--no-legend", "--all", f"{prefix}*.service")
    return [line.split()[0] for line in shown.splitlines() if line.strip()]
