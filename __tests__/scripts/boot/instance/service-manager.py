"""
Stands for systemd where it can't be the first process: runs the commands of the real unit files, as their users, with
their environments, in their order, and waits for their readiness. It does not sandbox, limit or restart anything.

What it is asked comes over a socket, as the words of `systemctl`; what it does is written to /run/manager.log, and what
services print to /run/journal/<unit>.log.
"""

import fnmatch
import grp
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

FOLDERS = [Path("/run/systemd/system"), Path("/etc/systemd/system")]
SOCKET = "/run/manager.sock"
active: dict[str, dict] = {}


class Failed(Exception):
    pass


def note(line):
    with open("/run/manager.log", "a") as log:
        log.write(f"{line}\n")


def load(name, missing="not found"):
    """Directives of a unit, with the instance of a template filled in."""
    match = re.fullmatch(r"([^@]+@)([^.]+)(\.\w+)", name)
    file = name if match is None else match[1] + match[3]
    instance = "" if match is None else match[2]
    path = next((folder / file for folder in FOLDERS if (folder / file).exists()), None)
    if path is None:
        raise Failed(f"Unit {name} {missing}.")
    found: dict[str, list[str]] = {}
    dropped = [part.read_text() for folder in FOLDERS for part in sorted((folder / f"{file}.d").glob("*.conf"))]
    for text in (path.read_text(), *dropped):
        for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
            found.setdefault(key, []).append(value.replace("%i", instance))
    return found


def words(unit, key):
    return [word for value in unit.get(key, []) for word in value.split()]


def in_order(names):
    """Those first that others come after."""
    left, done = list(names), []
    while left:
        awaited = {n: set(words(load(n), "After")) | {m for m in left if n in words(load(m), "Before")} for n in left}
        free = next((n for n in left if not awaited[n] & (set(left) - {n})), left[0])
        left.remove(free)
        done.append(free)
    return done


def variables(unit, name):
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    for line in unit.get("Environment", []):
        env.update(part.split("=", 1) for part in shlex.split(line))
    for file in unit.get("EnvironmentFile", []):
        for line in Path(file).read_text().splitlines():
            key, value = line.split("=", 1)
            env[key] = re.sub(r"\\(.)", r"\1", value[1:-1])
    for kind, place, variable in (("State", "/var/lib", "STATE_DIRECTORY"), ("Runtime", "/run", "RUNTIME_DIRECTORY")):
        for folder in words(unit, f"{kind}Directory"):
            path = Path(place) / folder
            path.mkdir(parents=True, exist_ok=True)
            shutil.chown(path, unit["User"][0], unit.get("Group", unit["User"])[0])
            path.chmod(int(unit.get(f"{kind}DirectoryMode", ["0755"])[0], 8))
            env[variable] = str(path)
    return env


def command(line, env):
    plain = line.lstrip("-@:+!")
    return [re.sub(r"\$\{(\w+)\}", lambda found: env[found[1]], word) for word in shlex.split(plain)], line.startswith("+")


def become(unit, as_root):
    user = unit.get("User", ["root"])[0]

    def change():
        os.setsid()
        if as_root or user == "root":
            return
        entry = pwd.getpwnam(user)
        extra = [grp.getgrnam(group).gr_gid for group in words(unit, "SupplementaryGroups")]
        os.setgroups([*os.getgrouplist(user, entry.pw_gid), *extra])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        os.umask(0o077)

    return change


def spawn(unit, name, line, env):
    args, as_root = command(line, env)
    folder = unit.get("WorkingDirectory", ["/"])[0]
    with open(f"/run/journal/{name}.log", "ab") as journal:
        return subprocess.Popen(
            args, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=journal, stderr=journal, preexec_fn=become(unit, as_root)
        )


def finish(unit, name, key, env):
    for line in unit.get(key, []):
        code = spawn(unit, name, line, env).wait()
        if code != 0:
            raise Failed(f"Job for {name} failed: {key} ended with {code}.")


def await_ready(ready, process, name):
    ready.settimeout(0.2)
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if b"READY=1" in ready.recv(4096):
                return
        except TimeoutError:
            pass
    raise Failed(f"Job for {name} failed: it never reported that it is ready.")


def start_service(name, unit):
    env = {} if unit.get("DynamicUser") else variables(unit, name)
    finish(unit, name, "ExecStartPre", env)
    kind = unit["Type"][0]
    if unit.get("DynamicUser") or "ExecStart" not in unit:
        process = None
    elif kind == "oneshot":
        finish(unit, name, "ExecStart", env)
        if "RemainAfterExit" not in unit:
            return
        process = None
    else:
        address = f"/run/notify-{name}"
        Path(address).unlink(missing_ok=True)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(address)
        os.chmod(address, 0o777)
        process = spawn(unit, name, unit["ExecStart"][0], {**env, **({"NOTIFY_SOCKET": address} if kind == "notify" else {})})
        try:
            if kind == "notify":
                await_ready(ready, process, name)
            finish(unit, name, "ExecStartPost", env)
        except Failed:
            process.kill()
            raise
    active[name] = {"process": process, "since": datetime.now(timezone.utc)}


def start(name):
    if is_active(name):
        return
    unit = load(name)
    note(f"start {name}")
    if name.endswith(".target"):
        # What is wanted and fails does not keep the target from being reached.
        for wanted in in_order([wanted for wanted in words(unit, "Wants") if wanted.startswith("bento-")]):
            try:
                start(wanted)
            except Failed as error:
                note(str(error))
        active[name] = {"process": None, "since": datetime.now(timezone.utc)}
    elif name.endswith(".timer"):
        active[name] = {"process": None, "since": datetime.now(timezone.utc)}
    elif name.endswith(".mount"):
        done = subprocess.run(
            ["mount", "-t", unit["Type"][0], "-o", unit["Options"][0], unit["What"][0], unit["Where"][0]], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Failed(done.stderr)
        active[name] = {"process": None, "since": datetime.now(timezone.utc)}
    else:
        start_service(name, unit)


def is_active(name):
    if name not in active:
        return False
    process = active[name]["process"]
    return process is None or process.poll() is None


def stop(patterns):
    for name in patterns:
        # A name has to be a unit's; a pattern need not match (systemctl(1)).
        if not set("*?[") & set(name) and name not in active:
            load(name, "not loaded")
    chosen = {name for name in active for pattern in patterns if fnmatch.fnmatch(name, pattern)}
    chosen |= {name for name in active for target in chosen if target in words(load(name), "PartOf")}
    for name in reversed(in_order(chosen)):
        note(f"stop {name}")
        unit, entry = load(name), active.pop(name)
        if name.endswith(".mount"):
            done = subprocess.run(["umount", unit["Where"][0]], capture_output=True, text=True)
            if done.returncode != 0:
                active[name] = entry
                raise Failed(done.stderr)
        elif entry["process"] is not None:
            entry["process"].send_signal(getattr(signal, unit.get("KillSignal", ["SIGTERM"])[0]))
            entry["process"].wait()
            # What it leaves behind goes as well (systemd.kill(5), KillMode=).
            try:
                os.killpg(entry["process"].pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def reload(name):
    if not is_active(name):
        raise Failed(f"{name} is not active, cannot reload.")
    unit = load(name)
    note(f"reload {name}")
    finish(unit, name, "ExecReload", variables(unit, name))


def show(name, options):
    entry = active.get(name)
    since = "" if entry is None else entry["since"].strftime("%a %Y-%m-%d %H:%M:%S.%f UTC")
    state = "active" if is_active(name) else "failed" if entry is not None else "inactive"
    values = {"ActiveState": state, "NRestarts": "0", "ActiveEnterTimestamp": since}
    # What a test wants it to be: nothing is restarted here.
    if os.path.exists(f"/run/states/{name}"):
        values |= dict(line.split("=", 1) for line in Path(f"/run/states/{name}").read_text().split())
    [properties] = [option.split("=", 1)[1] for option in options if option.startswith("--property=")]
    return "".join(f"{key}={values[key]}\n" for key in properties.split(","))


def answer(arguments):
    options = [word for word in arguments if word.startswith("-")]
    verb, *names = [word for word in arguments if not word.startswith("-")]
    if verb == "is-active":
        return 0 if is_active(names[0]) else 3, ""
    if verb == "show":
        return 0, show(names[0], options)
    if verb == "list-units":
        return 0, "".join(f"{name} loaded active\n" for name in sorted(active) if fnmatch.fnmatch(name, names[0]))
    if verb == "daemon-reload":
        return 0, ""
    names = [name if "." in name else f"{name}.service" for name in names]
    if verb == "stop":
        stop(names)
    elif verb in ("start", "restart", "reload"):
        for name in names:
            if verb == "restart":
                stop([name])
            (reload if verb == "reload" else start)(name)
    else:
        raise Failed(f"Unknown command verb {verb}.")
    return 0, ""


def serve(connection):
    with connection, connection.makefile("rw") as stream:
        try:
            code, text = answer(stream.readline().removesuffix("\n").split("\0"))
        except Failed as error:
            code, text = 1, str(error)
        stream.write(f"{code}\n{text}")


def main():
    os.makedirs("/run/journal", exist_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(SOCKET)
    # Users that may change nothing may still read.
    os.chmod(SOCKET, 0o666)
    server.listen()
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


main()
