"""systemd, and whether what it started works."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Sequence

from . import log
from .refusal import Refusal


def systemctl(*arguments: str, timeout_s: float = 2400) -> str:
    """:raises Refusal: with what systemd says of the unit"""
    done = subprocess.run(
        ["systemctl", *arguments], capture_output=True, text=True, check=False, timeout=timeout_s
    )
    if done.returncode != 0:
        raise Refusal(f"systemctl {' '.join(arguments)} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def start(unit: str) -> None:
    log.info(f"starting {unit}")
    systemctl("start", unit)


def active(unit: str) -> bool:
    return subprocess.run(["systemctl", "--quiet", "is-active", unit], check=False).returncode == 0


def outdated(unit: str, files: Sequence[Path]) -> bool:
    """
    Whether a unit runs that started before one of its files was written. Files are written only when they change; their
    time tells it also to a run that follows an interrupted one.
    """
    if not active(unit):
        return False
    shown = systemctl("show", "--timestamp=us+utc", "--property=ActiveEnterTimestamp", unit).strip()
    # ActiveEnterTimestamp=Mon 2026-11-23 21:00:00.123456 UTC
    started = datetime.strptime(shown, "ActiveEnterTimestamp=%a %Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=timezone.utc)
    return any(file.stat().st_mtime > started.timestamp() for file in files)


def ensure(unit: str, *files: Path) -> None:
    """Starts a unit, or has it start again if it runs with files of before."""
    if outdated(unit, files):
        log.info(f"restarting {unit}, whose settings changed")
        systemctl("restart", unit)
    else:
        start(unit)


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


def _state(unit: str) -> dict[str, str]:
    shown = systemctl("show", "--property=ActiveState,NRestarts", unit)
    return dict(line.split("=", 1) for line in shown.split() if "=" in line)


def expect_steady(units: list[str], seconds: float) -> None:
    """A service that ends and is started again looks active most of the time; its count of restarts tells."""
    before = {unit: _state(unit) for unit in units}
    time.sleep(seconds)
    for unit in units:
        state = _state(unit)
        if state.get("ActiveState") != "active" or state.get("NRestarts") != before[unit].get("NRestarts"):
            raise Refusal(
                f"{unit} does not stay up ({state.get('ActiveState')}, started again {state.get('NRestarts')} times); "
                f"see journalctl --unit {unit}"
            )


def instances(prefix: str) -> list[str]:
    """Loaded instances of a template, such as those of `bento-prover@`."""
    shown = systemctl("list-units", "--plain", "--no-legend", "--all", f"{prefix}*.service")
    return [line.split()[0] for line in shown.splitlines() if line.strip()]
