#!/usr/bin/env bash
# smoke.sh <groth16|stark>: runs the smoke test in its unit, and prints what it wrote to the journal. Systems Manager
# starts it, as root; the test itself has a user of its own. While one runs, a second start waits for the same.
set -euo pipefail

[[ $# == 1 && ($1 == groth16 || $1 == stark) ]] || {
  echo "usage: smoke.sh groth16|stark" >&2
  exit 2
}
readonly unit=bento-smoke@$1.service
since=$(date +%s)
code=0
systemctl start "$unit" || code=1
# The journal is written a moment after the program has ended.
journalctl --sync || true
journalctl --unit "$unit" --since "@$since" --output cat --no-pager
exit "$code"
