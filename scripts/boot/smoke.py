#!/usr/bin/python3
"""
Makes one small proof through Bento's API, so that it is known whether this cluster can prove.

    smoke.py groth16    a STARK proof, then its Groth16 proof, which is what orders need
    smoke.py stark      the STARK proof alone

Run by bento-smoke@.service on the manager, as a user without rights: it talks to the API on this instance and writes
nothing. It is safe to run again; a proof that it gave up goes on in Bento and ends by itself.

exit codes: 0 the proofs were made, 1 they were not, 2 wrong usage

SMOKE_LIMIT_S  seconds after which it gives up
SMOKE_API      address of the API
SMOKE_CLI      Bento's own client
"""

import os
import sys
import time

from bento_boot import log
from bento_boot.contract import API_PORT, SMOKE_LIMIT_S, SMOKE_PROOFS
from bento_boot.refusal import Refusal
from bento_boot.smoke import Api, Deadline, prove_groth16, prove_stark


def run(proof: str) -> str:
    """:raises Refusal: when a proof is not made in time"""
    api = Api(os.environ.get("SMOKE_API", f"http://127.0.0.1:{API_PORT}"))
    # The proofs take a few minutes, and may have to wait behind orders. The unit and the document of Systems Manager
    # wait longer than this.
    deadline = Deadline(float(os.environ.get("SMOKE_LIMIT_S", SMOKE_LIMIT_S)))
    api.await_health(deadline)
    started = time.monotonic()
    job = prove_stark(os.environ.get("SMOKE_CLI", "/usr/local/bin/bento-cli"), api.address, deadline)
    made = f"a STARK proof in {time.monotonic() - started:.0f} s (job {job})"
    if proof == "stark":
        return made
    started = time.monotonic()
    snark, size = prove_groth16(api, job, deadline)
    return f"{made}, its Groth16 proof of {size} bytes in {time.monotonic() - started:.0f} s (job {snark})"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in SMOKE_PROOFS:
        log.error(f"usage: smoke.py {'|'.join(SMOKE_PROOFS)}")
        return 2
    try:
        log.info(f"the smoke test passed: {run(arguments[0])}")
    except Refusal as error:
        log.error(f"the smoke test failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
