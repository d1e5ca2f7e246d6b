"""
Runs the AWS CLI without its start: it is imported here once, and each call is a fork. Half a second of Python's work at
each of a build's twenty calls becomes a few hundredths.

usage: server.py SOCKET. It prints whether it is ready, or that there is no CLI to import (version 2, as its vendor installs
it, is none). A call is made by client.py. It ends when its standard input does.
"""

import functools
import gc
import importlib
import json
import os
import select
import socket
import sys
import threading

try:
    import awscli
    import awscli.clidriver
except ImportError:
    print("no package", flush=True)
    sys.exit()


def warm():
    """Imports what calls need, and has the descriptions of services that were read once stay."""
    driver = awscli.clidriver.create_clidriver()
    loader = driver.session.get_component("data_loader")
    files = type(loader.file_loader)
    read = files.load_file
    kept = {}

    @functools.wraps(read)
    def load_file(self, path):
        if path not in kept:
            kept[path] = read(self, path)
        return kept[path]

    files.load_file = load_file
    for service in ("ec2", "codebuild"):
        driver.session.create_client(service, region_name="us-west-2")


def end_with(connection):
    """Ends this call once nobody waits for it."""

    def wait():
        select.select([connection], [], [])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def run(connection):
    """Is the `aws` of one call, with its files, folder and environment."""
    text, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    call = json.loads(text)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    # As it is imported it adds its data to AWS_DATA_PATH.
    importlib.reload(awscli)
    sys.argv = ["aws", *call["arguments"]]
    end_with(connection)
    try:
        code = awscli.clidriver.main()
    except SystemExit as error:
        code = error.code
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(b"%d\n" % (code or 0))
    os._exit(0)


def main():
    server = socket.socket(socket.AF_UNIX)
    server.bind(sys.argv[1])
    server.listen(64)
    # Calls wait in the queue until the CLI is warm.
    print("ready", flush=True)
    warm()
    gc.freeze()
    calls = set()
    while True:
        # Each is waited for: its time counts as this process's.
        calls = {call for call in calls if os.waitpid(call, os.WNOHANG)[0] == 0}
        readable, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in readable:
            for call in calls:
                os.waitpid(call, 0)
            os._exit(0)
        connection, _ = server.accept()
        call = os.fork()
        if call == 0:
            server.close()
            run(connection)
        calls.add(call)
        connection.close()


main()
