"""
Runs programs of the boot without Python's start and the load of boto3, which took half of each run: they are imported here
once, and each run is a fork.

Each line of standard input asks for one: {"id", "program", "arguments", "environment"}. The answer is a line too: {"id",
"code", "stdout", "stderr"}. It ends, with all that runs, when its standard input does.
"""

import json
import os
import runpy
import selectors
import signal
import sys

import boto3
import botocore.loaders

SERVICES = ("autoscaling", "cloudwatch", "ec2", "s3", "secretsmanager", "ssm")


def warm():
    """Descriptions of services that were read once stay."""
    read, kept = botocore.loaders.JSONFileLoader.load_file, {}

    def load_file(self, path):
        if path not in kept:
            kept[path] = read(self, path)
        return kept[path]

    botocore.loaders.JSONFileLoader.load_file = load_file
    session = boto3.session.Session("AKIALOCAL", "local", region_name="us-west-2")
    for service in SERVICES:
        session.client(service)


def become(asked, files):
    """Is Python that was started for the program, with the sitecustomize of the tests."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate([os.open(os.devnull, os.O_RDONLY), *files]):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.path[0] = os.path.dirname(asked["program"])
    runpy.run_path("/stand-ins/python/sitecustomize.py")
    runpy.run_path(asked["program"], run_name="__main__")


class Runs:
    def __init__(self):
        self.running = {}

    def start(self, asked):
        files = [os.memfd_create(name) for name in ("stdout", "stderr")]
        process = os.fork()
        if process == 0:
            become(asked, files)
            sys.exit()
        self.running[process] = (asked["id"], files)

    def ended(self):
        for process in list(self.running):
            found, status = os.waitpid(process, os.WNOHANG)
            if found == 0:
                continue
            number, files = self.running.pop(process)
            output = [os.pread(file, os.fstat(file).st_size, 0).decode() for file in files]
            for file in files:
                os.close(file)
            code = os.waitstatus_to_exitcode(status)
            answer = {"id": number, "code": code if code >= 0 else 128 - code, "stdout": output[0], "stderr": output[1]}
            os.write(1, json.dumps(answer).encode() + b"\n")

    def kill(self):
        for process in self.running:
            os.killpg(process, signal.SIGKILL)


def main():
    warm()
    # Modules of the boot are compiled once as well.
    sys.pycache_prefix = "/stand-ins/compiled"
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    runs, text = Runs(), b""
    while True:
        for key, _ in selector.select():
            if key.fd == woken:
                os.read(woken, 4096)
                continue
            part = os.read(0, 65536)
            if not part:
                runs.kill()
                return
            *lines, text = (text + part).split(b"\n")
            for line in lines:
                runs.start(json.loads(line))
        runs.ended()


main()
