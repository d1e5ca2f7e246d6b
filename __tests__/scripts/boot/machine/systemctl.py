#!/usr/bin/python3
"""Asks the service manager of the test."""

import json
import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect("/run/manager.sock")
with connection.makefile("rw") as stream:
    stream.write(json.dumps(sys.argv[1:]) + "\n")
    stream.flush()
    code, text = json.loads(stream.readline())
print(text, end="", file=sys.stderr if code else sys.stdout)
sys.exit(code)
