#!/usr/bin/env bash
# smoke.sh <groth16|stark>: runs the smoke test in its unit, and prints what it wrote to the journal. Systems Manager
# starts it, as root; the test itself has a user of its own. While one runs, a second start waits for the same.
set -euo pipefail

contract=$(dirname "${BASH_SOURCE[0]}")/contract.json
# shellcheck disable=SC2016 # jq's variables
if [[ $# != 1 ]] || ! jq --exit-status --arg proof "$1" '.smokeProofs | has($proof)' "$contract" >/dev/null; then
  echo "usage: smoke.sh $(jq --raw-output '.smokeProofs | keys_unsorted | join("|")' "$contract")" >&2
  exit 2
fi
readonly unit=bento-smoke@$1.service
since=$(date +%s)
code=0
systemctl start "$unit" || code=1
# The journal is written a moment after the program has ended.
journalctl --sync || true
journalctl --unit "$unit" --since "@$since" --output cat --no-pager
exit "$code"
