"""Lines for the journal; systemd reads the severity from the prefix (sd-daemon(3))."""

import sys


def info(message: str) -> None:
    print(f"<6>{message}", file=sys.stderr, flush=True)


def warning(message: str) -> None:
    print(f"<4>{message}", file=sys.stderr, flush=True)


def error(message: str) -> None:
    print(f"<3>{message}", file=sys.stderr, flush=True)
