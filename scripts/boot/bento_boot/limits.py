"""Limits of settings. The configuration of the stacks reads the same file: config/limits.ts, which has their sources."""

import json
from pathlib import Path

_LIMITS: dict[str, list[int]] = json.loads((Path(__file__).parent / "limits.json").read_text())


def _limits(name: str) -> tuple[int, int]:
    least, most = _LIMITS[name]
    return least, most


SEGMENT_PO2 = _limits("segmentPo2")
SNARK_TIMEOUT_SECONDS = _limits("snarkTimeoutSeconds")
EXECUTORS = _limits("executors")
POVW_LOG_ID_DIGITS = _limits("povwLogIdDigits")
