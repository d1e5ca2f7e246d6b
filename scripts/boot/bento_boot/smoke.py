"""
A STARK proof and its Groth16 proof through Bento's API.

Routes and answers are those of Bento's rest_api, v1.0.0 to v1.2.2 (bento/crates/api/src/lib.rs), and the lines those of
its client bento-cli (bento/crates/bento-client/src/bento_cli.rs), which makes STARK proofs only.
"""

import http.client
import json
import os
import queue
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from . import log
from .refusal import Refusal

# What upstream tests its own cluster with (ansible/test-prover.yml): about eight million cycles, by the table of
# bento/crates/sample-guest/methods/guest/src/main.rs, so several segments, and joins of them.
ITERATIONS = 500
# An API that has just started may answer errors for a moment, and so may one whose database is busy.
HEALTHY_WITHIN_S = 120.0
ERRORS_IN_A_ROW = 5
PAUSE_S = 2.0
PROGRESS_EVERY_S = 30.0
ANSWER_WITHIN_S = 30.0
JOB = re.compile(r"STARK job_id: ([0-9a-fA-F-]{36})")
LAST_LINES = 5


class Deadline:
    """The time by which all must be done."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()


class ApiError(Exception):
    """The API did not answer, or with an error."""


class Api:
    def __init__(self, address: str):
        self.address = address.rstrip("/")

    def call(self, route: str, body: Any = None) -> bytes:
        """:raises ApiError: for anything but 200"""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + route, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            text = " ".join(error.read(1000).decode(errors="replace").split())
            raise ApiError(f"{route} answers {error.code}: {text}") from None
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"{route} does not answer: {error}") from None

    def json(self, route: str, body: Any = None) -> dict[str, Any]:
        """:raises ApiError: also for what is no JSON object"""
        text = self.call(route, body)
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ApiError(f"{route} answers {text[:200]!r}")
        return answer

    def await_health(self, deadline: Deadline) -> None:
        """:raises Refusal: when it does not answer in time"""
        end = time.monotonic() + min(HEALTHY_WITHIN_S, deadline.left())
        while True:
            try:
                self.call("/health")
                return
            except ApiError as error:
                if time.monotonic() + PAUSE_S > end:
                    raise Refusal(
                        f"the API at {self.address} is not there: {error}; look at bento-api.service"
                    ) from None
            time.sleep(PAUSE_S)


def _lines_of(process: "subprocess.Popen[str]") -> "queue.Queue[str | None]":
    """What it writes, line by line, and None at its end."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def prove_stark(client: str, address: str, deadline: Deadline) -> str:
    """
    Has Bento's client prove its sample program, and verify the receipt.

    :returns: the id of the job
    :raises Refusal: when there is no valid receipt in time
    """
    command = [client, "--endpoint", address, "--iter-count", str(ITERATIONS)]
    log.info(f"STARK proof: {' '.join(command)}")
    environment = {**os.environ, "RUST_LOG": "info", "NO_COLOR": "1"}
    try:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    except OSError as error:
        raise Refusal(f"{client} cannot be started: {error}; is this a manager's image?") from None
    with process:
        try:
            return _followed(process, deadline)
        finally:
            process.kill()


def _followed(process: "subprocess.Popen[str]", deadline: Deadline) -> str:
    lines, job = _lines_of(process), ""
    written: list[str] = []
    reported = started = time.monotonic()
    while True:
        try:
            line = lines.get(timeout=max(0.0, min(PAUSE_S, deadline.left())))
        except queue.Empty:
            line = ""
        if line is None:
            break
        if line:
            written = [*written, line][-LAST_LINES:]
            found = JOB.search(line)
            if found:
                job = found[1]
                log.info(f"STARK proof: job {job}")
        if deadline.left() <= 0:
            raise Refusal(
                f"no STARK proof within {deadline.seconds:.0f} s, job {job or 'not made'}: "
                + "do agents take tasks (bento-executor@ on the manager, bento-prover@ on provers), and how long is the queue?"
            )
        if time.monotonic() - reported >= PROGRESS_EVERY_S:
            reported = time.monotonic()
            log.info(f"STARK proof: not done after {reported - started:.0f} s")
    try:
        code = process.wait(timeout=max(1.0, deadline.left()))
    except subprocess.TimeoutExpired:
        raise Refusal("bento-cli closed its output and did not end") from None
    if code != 0:
        raise Refusal(f"bento-cli ended with {code}: {' | '.join(written) or 'it wrote nothing'}")
    if not job:
        raise Refusal(f"bento-cli named no job: {' | '.join(written) or 'it wrote nothing'}")
    return job


def prove_groth16(api: Api, stark: str, deadline: Deadline) -> tuple[str, int]:
    """
    Has Bento make the Groth16 proof of a STARK proof. From v1.2 on the prover verifies it before it stores it
    (bento/crates/workflow/src/tasks/snark.rs); here it has to be there, and not empty.

    :returns: the id of the job, and the size of the receipt
    :raises Refusal: when there is no receipt in time
    """
    try:
        job = str(api.json("/snark/create", {"session_id": stark})["uuid"])
    except (ApiError, KeyError) as error:
        raise Refusal(f"no Groth16 proof can be asked for: {error}") from None
    log.info(f"Groth16 proof: job {job}")
    errors, reported = 0, time.monotonic()
    started = reported
    while True:
        try:
            status = api.json(f"/snark/status/{job}")
            errors = 0
        except ApiError as error:
            errors += 1
            if errors >= ERRORS_IN_A_ROW:
                raise Refusal(f"the Groth16 proof cannot be followed: {error}") from None
            status = {"status": "RUNNING"}
        if status.get("status") == "SUCCEEDED":
            break
        if status.get("status") != "RUNNING":
            raise Refusal(
                f"the Groth16 proof failed, job {job}: {status.get('status')}: {status.get('error_msg')}; "
                "the log of bento-prover@ on the provers has more"
            )
        if deadline.left() <= 0:
            raise Refusal(
                f"no Groth16 proof within {deadline.seconds:.0f} s, job {job}: the log of bento-prover@ on the provers has more"
            )
        if time.monotonic() - reported >= PROGRESS_EVERY_S:
            reported = time.monotonic()
            log.info(f"Groth16 proof: not done after {reported - started:.0f} s")
        time.sleep(max(0.0, min(PAUSE_S, deadline.left())))
    try:
        receipt = api.call(f"/receipts/groth16/receipt/{job}")
    except ApiError as error:
        raise Refusal(f"the Groth16 proof is done, and its receipt is not there: {error}") from None
    if not receipt:
        raise Refusal(f"the Groth16 proof is done, and its receipt is empty, job {job}")
    return job, len(receipt)
