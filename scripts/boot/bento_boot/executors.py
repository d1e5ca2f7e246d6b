"""
Executors of a manager: how many there are, what each may take of the memory, and how systemd knows them.

Each runs one guest at a time, for the preflight of an order as well as for its proof: with one executor, an order that is
priced keeps one that is locked waiting.
"""

import math
import os
import re
from pathlib import Path

from . import log, services
from .contract import EXECUTOR_MIB, OTHERS_MIB, SETTINGS
from .files import write

UNITS = Path("/run/systemd/system")
TEMPLATE = "bento-executor@"
_WANTS = UNITS / "bento-manager.target.d/executors.conf"
_MEMORY = UNITS / f"{TEMPLATE}.service.d/memory.conf"
# Upstream's wizard keeps four threads for the rest of the instance and gives each executor two (`max_exec_agents` in
# crates/boundless-cli/src/commands/prover/generate_config.rs). Its compose.yml limits an executor to 4 GiB: 50 segments
# that wait for Valkey are about that much (CONCURRENT_SEGMENTS in bento/crates/workflow/src/tasks/executor.rs).
_OTHER_THREADS = 4
_THREADS_EACH = 2
_LEAST: int = SETTINGS["executors"]["least"]
_MOST: int = SETTINGS["executors"]["most"]
# One that needs more than twice upstream's limit does so by mistake.
_MOST_MIB = 8192


def by_size(threads: int, memory_mib: int) -> int:
    """
    How many executors an instance has whose settings have no number: as many as its threads and its memory allow.

    :param memory_mib: as the kernel has it, which is somewhat less than the instance type's: those are multiples of 4 GiB
    """
    by_threads = (threads - _OTHER_THREADS) // _THREADS_EACH
    by_memory = (math.ceil(memory_mib / 4096) * 4096 - OTHERS_MIB) // EXECUTOR_MIB
    return max(_LEAST, min(by_threads, by_memory, _MOST))


def count(wanted: int | None, memory_mib: int) -> int:
    """:param wanted: of the settings; None for as many as the instance's size allows"""
    return by_size(os.cpu_count() or 1, memory_mib) if wanted is None else wanted


def preflights(executors: int) -> int:
    """`max_concurrent_preflights` for so many executors: upstream's wizard keeps one for proofs and one for PoVW."""
    return max(1, executors - 2)


def memory_max_mib(executors: int, memory_mib: int) -> int:
    """`MemoryMax=` of each, in MiB: an equal share of what the rest of the instance leaves, 8 GiB at most."""
    return max(1024, min((memory_mib - OTHERS_MIB) // executors, _MOST_MIB))


def units(executors: int) -> list[str]:
    # Two digits, since the number is the end of a port (bento-executor@.service).
    return [f"{TEMPLATE}{number:02}.service" for number in range(1, executors + 1)]


def started() -> list[str]:
    """Those that the target of the manager starts on this instance; none before it was configured in this boot."""
    return re.findall(rf"{TEMPLATE}\d\d\.service", _WANTS.read_text()) if _WANTS.exists() else []


def prepare(executors: int, memory_mib: int, waiting: services.Waiting) -> None:
    """Has the manager's target start so many, each with its limit, and stops those that are too many."""
    limit = memory_max_mib(executors, memory_mib)
    # No MemoryHigh=: without swap there is nothing to reclaim, and a guest that is slowed down ends too late as well.
    written = {
        _MEMORY: f"[Service]\nMemoryMax={limit}M\n",
        _WANTS: f"[Unit]\nWants={' '.join(units(executors))}\n",
    }
    for file, content in written.items():
        file.parent.mkdir(mode=0o755, exist_ok=True)
        write(file, content, 0o644)
    # Always: an earlier run may have ended between the two.
    services.systemctl("daemon-reload")
    for unit in sorted(set(services.instances(TEMPLATE)) - set(units(executors))):
        log.info(f"stopping {unit}: the settings want {executors} executors")
        services.systemctl("stop", unit, waiting=waiting)
