"""
Whether the manager's stores take a password: provers have no clients of theirs. Passwords go over the proxy as these
clients send them: as a proof to PostgreSQL, as they are to Valkey, both inside of the cluster's network.
"""

import base64
import hashlib
import hmac
import os
import re
import socket
import struct
from io import BufferedRWPair
from typing import Callable, Iterable

from .contract import POSTGRESQL_PORT, VALKEY_PORT
from .environment import DATABASE, DATABASE_USER
from .refusal import Refusal

TIMEOUT_S = 5.0
# A host and a password; None where the store did not answer, since it is down or is starting.
Attempt = Callable[[str, str], "bool | None"]


def valkey(host: str, password: str, *command: str) -> bool | None:
    """
    :param command: to do as well; what it answers must be OK
    """
    try:
        with socket.create_connection((host, VALKEY_PORT), TIMEOUT_S) as connection, connection.makefile("rwb") as stream:
            for words in (("AUTH", "default", password), command):
                if not words:
                    continue
                parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
                stream.write(f"*{len(words)}\r\n{''.join(parts)}".encode())
                stream.flush()
                answer = stream.readline()
                if answer.startswith(b"-WRONGPASS"):
                    return False
                if answer != b"+OK\r\n":
                    return None
            return True
    except OSError:
        return None


def _send(stream: BufferedRWPair, kind: bytes, body: bytes) -> None:
    stream.write(kind + struct.pack("!I", len(body) + 4) + body)
    stream.flush()


def _receive(stream: BufferedRWPair) -> tuple[bytes, bytes]:
    head = stream.read(5)
    if len(head) < 5:
        raise OSError("the connection ended")
    kind, length = struct.unpack("!cI", head)
    return kind, stream.read(length - 4)


def _proof(password: str, client_first: str, server_first: str) -> str:
    """RFC 5802, section 3, with SHA-256; printable ASCII is its own normal form."""
    given = dict(part.split("=", 1) for part in server_first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(given["s"]), int(given["i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c=biws,r={given['r']}"
    signed = f"{client_first},{server_first},{final}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
    proof = bytes(left ^ right for left, right in zip(client_key, signature, strict=True))
    return f"{final},p={base64.b64encode(proof).decode()}"


def postgresql(host: str, password: str) -> bool | None:
    """PostgreSQL, "Message Flow" and "SASL Authentication"; 28P01 is a wrong password ("PostgreSQL Error Codes")."""
    first = f"n=,r={base64.b64encode(os.urandom(18)).decode()}"
    try:
        with socket.create_connection((host, POSTGRESQL_PORT), TIMEOUT_S) as connection, connection.makefile("rwb") as stream:
            names = f"user\0{DATABASE_USER}\0database\0{DATABASE}\0\0".encode()
            _send(stream, b"", struct.pack("!I", 196608) + names)
            while True:
                kind, body = _receive(stream)
                if kind == b"E":
                    return False if re.search(rb"(^|\0)C28P01\0", body) else None
                if kind != b"R":
                    return None
                step = struct.unpack("!I", body[:4])[0]
                if step == 10:
                    message = f"n,,{first}".encode()
                    body = b"SCRAM-SHA-256\0" + struct.pack("!I", len(message)) + message
                elif step == 11:
                    body = _proof(password, first, body[4:].decode()).encode()
                else:
                    # It is through (12, 0), or asks for what Bento's database never does.
                    return True if step in (0, 12) else None
                _send(stream, b"p", body)
    except (OSError, ValueError, KeyError, struct.error):
        return None


def taken(what: str, attempt: Attempt, host: str, candidates: Iterable[str]) -> str | None:
    """
    The first password that a store takes; None where it does not answer.

    :raises Refusal: when it takes none of them
    """
    for password in dict.fromkeys(candidates):
        answer = attempt(host, password)
        if answer is None:
            return None
        if answer:
            return password
    raise Refusal(f"{what} of the manager at {host} takes none of the passwords that there are; configure the manager")
