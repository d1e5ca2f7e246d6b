#!/usr/bin/python3
"""
Stands for the programs of a release: does to the file system, the network and signals what they do there, and nothing
else. docs/facts/runtime-paths.md names upstream's file and line for each. Each writes what it did to its standard output
as it goes, and ends with an error where upstream does.
"""

import ctypes
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

RELEASE = tuple(int(number) for number in os.environ["STAND_IN_RELEASE"].split("."))
ended = threading.Event()


def did(what):
    print(what, flush=True)


def listen(address):
    host, port = address.rsplit(":", 1)
    server = socket.create_server((host, int(port)))
    did(f"listens on {address}")
    return server


def metrics():
    """From 1.2 on; that the address is taken is logged and no more."""
    if RELEASE >= (1, 2, 0):
        listen(os.environ.get("PROMETHEUS_METRICS_ADDR", "0.0.0.0:9090"))


def rzup_version_dir(name):
    """`Rzup::new` and `get_version_dir` of rzup 0.5.1."""
    home = os.environ["HOME"]
    root = Path(os.environ.get("RISC0_HOME", f"{home}/.risc0"))
    if not root.exists():
        root.mkdir(parents=True)
    if not (root / ".rzup").exists():
        (root / ".rzup").write_text("")
    if not (root / "tmp").exists():
        (root / "tmp").mkdir(parents=True)
    found = [entry for entry in (root / "extensions").iterdir() if entry.name.startswith(f"v{name}") and entry.is_dir()]
    return found[0]


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def groth16(keys, names):
    with tempfile.TemporaryDirectory() as work:
        for name in (*names, "preprocessed_coeffs.bin", "fuzzed_msm_results.bin"):
            read(Path(keys) / name)
        for result in ("public.json", "proof.json"):
            (Path(work) / result).write_text("{}")
        (Path(work) / "proof.json").read_text()


def gpu():
    """CUDA opens the device of the GPU that is visible, and what nvidia-modprobe makes."""
    for name in (f"nvidia{os.environ['CUDA_VISIBLE_DEVICES']}", "nvidiactl", "nvidia-uvm"):
        os.close(os.open(f"/dev/{name}", os.O_RDWR))


def prove():
    metrics()
    gpu()
    groth16(rzup_version_dir("0.1.0-risc0-groth16"), ("stark_verify_final.zkey", "stark_verify_graph.bin"))
    did("made a Groth16 proof")
    if RELEASE >= (1, 2, 0):
        groth16(os.environ["BLAKE3_GROTH16_SETUP_DIR"], ("verify_for_guest_final.zkey", "verify_for_guest_graph.bin"))
        did("made a BLAKE3 Groth16 proof")


def executor():
    metrics()
    with tempfile.NamedTemporaryFile() as log:
        log.write(b"of the guest")
    did("ran a guest")


def broker(arguments):
    config = arguments[arguments.index("--config-file") + 1]
    read(config)
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(0)
    # Modify, attrib, close_write, moves and removal, as the notify crate asks for.
    if watch < 0 or libc.inotify_add_watch(watch, config.encode(), 0xFCE) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    did("watches its configuration")
    database = arguments[arguments.index("--db-url") + 1].removeprefix("sqlite://")
    connection = sqlite3.connect(database)
    if connection.execute("PRAGMA journal_mode=wal").fetchone() != ("wal",):
        raise OSError("no WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS orders (id TEXT)")
    connection.execute("INSERT INTO orders VALUES ('one')")
    connection.commit()
    did("keeps its orders")
    read("/etc/ssl/certs/ca-certificates.crt")


def vector():
    folder = Path(re.sub(r".*:-(.*)\}", r"\1", "${LOGS_FOLDER:-/var/lib/bento-logs}"))
    (folder / "journal").mkdir(exist_ok=True)
    (folder / "journal" / "checkpoint.txt").write_text("0")
    did("keeps its place in the journal")
    subprocess.run(["journalctl", "--version"], check=True, stdout=subprocess.DEVNULL)
    for file in ("/proc/meminfo", "/proc/self/mounts", "/etc/machine-id"):
        read(file)
    did("measures the instance")


def main():
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    program, *arguments = sys.argv[1:]
    # tracing-subscriber colours its lines unless this has a value.
    did(f"{'plain' if os.environ.get('NO_COLOR') else chr(27) + '[32mcoloured'} lines")
    stream = arguments[arguments.index("-t") + 1] if program == "bento-agent" else None
    if program == "bento-agent":
        {"prove": prove, "exec": executor, "aux": metrics}[stream]()
    elif program == "bento-rest-api":
        listen(arguments[arguments.index("--bind-addr") + 1])
    elif program == "broker":
        broker(arguments)
    elif program == "vector":
        vector()
    did("ready")
    ended.wait()
    did("ended in order")


main()
