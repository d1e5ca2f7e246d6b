"""systemd, and whether what it started works."""

import http.client
import socket
import subprocess
import time
import urllib.request
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Sequence

from . import log
from .refusal import Refusal

Waiting = Callable[[], None]
HEARTBEAT_WITHIN_S = 5.0


def _nothing() -> None:
    pass


def systemctl(*arguments: str, waiting: Waiting = _nothing, timeout_s: float = 2400) -> str:
    """
    :param waiting: called every few seconds meanwhile: a database recovers for longer than a lifecycle hook waits
    :raises Refusal: with what systemctl printed
    """
    until = time.monotonic() + timeout_s
    command = f"systemctl {' '.join(arguments)}"
    with subprocess.Popen(
        ["systemctl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while True:
            try:
                output, complaint = process.communicate(timeout=HEARTBEAT_WITHIN_S)
                break
            except subprocess.TimeoutExpired:
                waiting()
                if time.monotonic() > until:
                    process.kill()
                    raise Refusal(f"{command} has not ended after {timeout_s:.0f} s") from None
    if process.returncode != 0:
        raise Refusal(f"{command} failed: {complaint.strip() or output.strip()}")
    return output


def start(unit: str, waiting: Waiting = _nothing) -> None:
    log.info(f"starting {unit}")
    systemctl("start", unit, waiting=waiting)


def active(unit: str) -> bool:
    return subprocess.run(["systemctl", "--quiet", "is-active", unit], check=False).returncode == 0


def outdated(unit: str, files: Sequence[Path]) -> bool:
    """
    Whether a unit runs that started before one of its files was written. Files are written only when they change; their
    time therefore also shows it to a run that follows an interrupted one.
    """
    if not active(unit):
        return False
    shown = systemctl("show", "--timestamp=us+utc", "--property=ActiveEnterTimestamp", unit).strip()
    # ActiveEnterTimestamp=Mon 2026-11-23 21:00:00.123456 UTC
    started = datetime.strptime(shown, "ActiveEnterTimestamp=%a %Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=timezone.utc)
    return any(file.stat().st_mtime > started.timestamp() for file in files)


def ensure(unit: str, *files: Path, waiting: Waiting = _nothing) -> None:
    """Starts a unit, or has it start again if it runs with outdated files."""
    if outdated(unit, files):
        log.info(f"restarting {unit}, whose settings changed")
        systemctl("restart", unit, waiting=waiting)
    else:
        start(unit, waiting)


def renew(unit: str, file: Path) -> None:
    """
    Has a unit that ran start again, if its file has changed, or if it ended because of the previous file.

    :raises Refusal: when it does not stay up with it
    """
    if outdated(unit, [file]):
        log.info(f"restarting {unit}, whose settings changed")
        systemctl("restart", unit)
    elif active(unit):
        return
    else:
        start(unit)
    expect_steady([unit], 20)


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
    except (OSError, http.client.HTTPException):
        return False


def wait(what: str, ready: Callable[[], bool], seconds: float, waiting: Waiting = _nothing) -> None:
    """:raises Refusal: when it is not ready in time"""
    until = time.monotonic() + seconds
    logged = time.monotonic()
    while not ready():
        if time.monotonic() > until:
            raise Refusal(f"{what} is not ready after {seconds:.0f} s")
        if time.monotonic() - logged > 60:
            log.info(f"waiting for {what}")
            logged = time.monotonic()
        waiting()
        time.sleep(2)


def state(unit: str) -> dict[str, str]:
    """`ActiveState`, and in `NRestarts` how often systemd has started it again by itself."""
    shown = systemctl("show", "--property=ActiveState,NRestarts", unit)
    return dict(line.split("=", 1) for line in shown.split() if "=" in line)


def expect_steady(units: list[str], seconds: float) -> None:
    """A service that ends and is started again looks active most of the time; its count of restarts shows it."""
    before = {unit: state(unit) for unit in units}
    time.sleep(seconds)
    for unit in units:
        now = state(unit)
        if now.get("ActiveState") != "active" or now.get("NRestarts") != before[unit].get("NRestarts"):
            raise Refusal(
                f"{unit} does not stay up ({now.get('ActiveState')}, started again {now.get('NRestarts')} times); "
                f"see journalctl --unit {unit}"
            )


def instances(prefix: str) -> list[str]:
    """Loaded instances of a template, such as those of `bento-prover@`."""
    shown = systemctl("list-units", "--plain", "--no-legend", "--all", f"{prefix}*.service")
    return [line.split()[0] for line in shown.splitlines() if line.strip()]
