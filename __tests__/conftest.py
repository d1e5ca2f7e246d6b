"""What all tests in Python share."""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from socketserver import BaseRequestHandler, TCPServer

import pytest

# The folders of the programs are inputs of images: no compiled files beside them.
sys.dont_write_bytecode = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests that lack boto3 or a program, and names it; on CI they run, and fail."""
    if os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("aws") and find_spec("boto3") is None:
            item.add_marker(pytest.mark.skip(reason="needs python3-boto3"))
        needed = [program for marker in item.iter_markers("programs") for program in marker.args]
        missing = [program for program in needed if shutil.which(program) is None]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "aws: needs the distribution's boto3")
    config.addinivalue_line("markers", "programs(*names): needs these programs on the PATH")


class QuietHandler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: what a test needs to know it records itself."""


@contextmanager
def _served(server: TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def http_server() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Starts a server with this handler on the loopback address, and returns its address."""
    with ExitStack() as stack:

        def start(handler: type[BaseHTTPRequestHandler]) -> str:
            port = stack.enter_context(_served(ThreadingHTTPServer(("127.0.0.1", 0), handler)))
            return f"http://127.0.0.1:{port}"

        yield start


@pytest.fixture
def tcp_server() -> Iterator[Callable[[type[BaseRequestHandler]], int]]:
    """Starts a server of another protocol, and returns its port."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(_served(TCPServer(("127.0.0.1", 0), handler)))


@pytest.fixture
def handler() -> type[QuietHandler]:
    """A base for handlers that logs nothing."""
    return QuietHandler
