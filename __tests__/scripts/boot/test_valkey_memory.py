"""How full Valkey is, as its INFO command answers."""

import re
from socketserver import BaseRequestHandler

import pytest

pytestmark = pytest.mark.aws


@pytest.fixture
def valkey_memory():
    return pytest.importorskip("bento_boot.valkey_memory")


@pytest.fixture
def valkey(tcp_server):
    """Starts a Valkey that answers both commands with these bytes; returns its port and what it was sent."""

    def start(answer):
        sent = bytearray()

        class Valkey(BaseRequestHandler):
            def handle(self):
                while not sent.endswith(b"INFO memory\r\n"):
                    sent.extend(self.request.recv(1000))
                self.request.sendall(answer.encode())

        return tcp_server(Valkey), sent

    return start


def info(text):
    return f"+OK\r\n${len(text)}\r\n{text}\r\n"


def test_is_the_part_of_the_limit_in_use_and_needs_no_password(valkey, valkey_memory):
    port, sent = valkey(
        info("# Memory\r\nused_memory:3000\r\nused_memory_rss:9000\r\nmaxmemory:4000\r\nmaxmemory_policy:noeviction\r\n")
    )
    assert valkey_memory.memory_used("127.0.0.1", port) == 0.75
    assert sent == b"AUTH bento-queue none\r\nINFO memory\r\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("-WRONGPASS invalid\r\n-NOAUTH\r\n", r"'-WRONGPASS invalid'", id="no such user"),
        pytest.param("+OK\r\n-NOPERM no\r\n", r"'-NOPERM no'", id="a user without the right"),
        pytest.param("+OK\r\n-LOADING\r\n", r"'-LOADING'", id="one that loads its data"),
        pytest.param("", r"''", id="one that closes the connection"),
        pytest.param(info("used_memory:3000\r\nmaxmemory:0\r\n"), r"a limit, maxmemory, are needed", id="no limit"),
        pytest.param(info("# Memory\r\n"), r"nothing of its memory", id="another version without these values"),
    ],
)
def test_refuses_to_give_a_number(valkey, valkey_memory, answer, reason):
    port, _ = valkey(answer)
    with pytest.raises(valkey_memory.Refusal, match=reason):
        valkey_memory.memory_used("127.0.0.1", port)


def test_refuses_to_give_a_number_without_a_server(valkey_memory):
    with pytest.raises(valkey_memory.Refusal, match=re.compile("refused", re.IGNORECASE)):
        valkey_memory.memory_used("127.0.0.1", 1)
