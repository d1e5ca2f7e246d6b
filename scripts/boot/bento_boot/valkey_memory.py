"""How full the manager's Valkey is."""

import re
import socket

from .contract import VALKEY_PORT
from .refusal import Refusal
from .stores import VALKEY_MEASURER

# It is on the same instance, and the queue has to be measured within the minute as well.
TIMEOUT_S = 2.0
# What `INFO memory` answers is about two kilobytes.
MOST_BYTES = 65_536


def _info_memory(host: str, port: int) -> str:
    """:raises OSError: when it does not answer as Valkey does"""
    with socket.create_connection((host, port), TIMEOUT_S) as connection, connection.makefile("rwb") as stream:
        # Its user has no password, so any will do.
        stream.write(f"AUTH {VALKEY_MEASURER} none\r\nINFO memory\r\n".encode())
        stream.flush()
        length = 0
        for expected in (rb"\+OK()", rb"\$(\d+)"):
            line = stream.readline(MOST_BYTES).strip()
            found = re.fullmatch(expected, line)
            if found is None:
                raise OSError(f"it answers {line[:100].decode(errors='replace')!r}")
            length = int(found[1] or 0)
        return stream.read(min(length, MOST_BYTES)).decode(errors="replace")


def memory_used(host: str = "127.0.0.1", port: int = VALKEY_PORT) -> float:
    """
    The part of `maxmemory` that is taken, from 0 to 1: at 1, writes fail (stores.valkey_conf).

    :raises Refusal: when Valkey does not report it
    """
    try:
        text = _info_memory(host, port)
    except OSError as error:
        raise Refusal(f"Valkey does not report how much memory it uses: {error}") from error
    values = {name: int(value) for name, value in re.findall(r"^(used_memory|maxmemory):(\d+)\r?$", text, re.MULTILINE)}
    if set(values) != {"used_memory", "maxmemory"} or values["maxmemory"] == 0:
        raise Refusal(f"Valkey reports {values or 'nothing'} of its memory; used_memory and a limit, maxmemory, are needed")
    return values["used_memory"] / values["maxmemory"]
