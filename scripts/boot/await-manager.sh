#!/usr/bin/env bash
# After an agent that failed: ends once the stores of the manager answer, or after a while. Run by bento-prover@.service,
# as the user bento. An agent without a manager fails, and its instance has no share in it: tries are so far apart then
# that systemd never gives up on them (StartLimitBurst=).
set -euo pipefail

readonly within_s=${WITHIN_S:-60}

# answers <URL>: whether a server listens there.
answers() {
  [[ $1 =~ @([^@/:]+):([0-9]+)/ ]] || {
    echo "an address in /etc/bento/prover.env has no host and port; run bento-configure again" >&2
    exit 1
  }
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c ': <"/dev/tcp/$0/$1"' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" 2>/dev/null
}

# Set by systemd; one that was stopped, or restarted, waits for nobody.
if [[ ${SERVICE_RESULT:-success} == success ]]; then exit 0; fi
until answers "$DATABASE_URL" && answers "$REDIS_URL"; do
  if ((SECONDS >= within_s)); then
    echo "the manager does not answer" >&2
    exit 0
  fi
  sleep 2
done
