# shellcheck shell=bash
# Runs checks, and writes what they found. Source it after all.sh.
results=() failures=()

# check <name> <function> [arguments...]: what the function prints is the detail; it fails by its exit code.
check() {
  local name=$1 detail ok=true code
  shift
  # Not in a condition: there, a failure in the middle of the function would go unseen.
  set +e
  detail=$(
    set -e
    "$@" 2>&1
  )
  code=$?
  set -e
  if ((code != 0)); then
    ok=false
    failures+=("$name: ${detail:-exit code $code}")
  fi
  results+=("$(jq --null-input --compact-output --arg name "$name" --argjson ok "$ok" --arg detail "$detail" \
    '{$name, $ok, $detail}')")
  log "$([[ $ok == true ]] && echo passed || echo FAILED): $name${detail:+: ${detail//$'\n'/; }}"
}

# expect <actual> <expected> <of what>
expect() {
  [[ $1 == "$2" ]] || {
    echo "$3 is '$1', not '$2'"
    return 1
  }
}

# expect_nothing <lines> <what they are>: for lists of what should not be.
expect_nothing() {
  [[ -z $1 ]] || {
    echo "$2: ${1//$'\n'/, }"
    return 1
  }
}

write_report() {
  printf '%s\n' "${results[@]}" | jq --slurp --slurpfile release "$release_file" --arg image "$IMAGE" \
    --arg kernel "$(uname -r)" \
    '{image: $image, version: $release[0].version, broker_version: $release[0].broker_version, kernel: $kernel,
      ok: all(.[]; .ok), checks: .}' >"$1"
  chmod 0644 "$1"
}

# Sorted, so that two images can be compared line by line.
write_inventory() {
  # shellcheck disable=SC2016 # dpkg's fields
  dpkg-query --show --showformat '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n' |
    LC_ALL=C sort | jq --raw-input --null-input --slurpfile release "$release_file" \
    --arg kernel "$(uname -r)" --arg driver "$(userspace_driver)" \
    '{kernel: $kernel, driver: (if $driver == "" then null else $driver end), artifacts: $release[0].artifacts,
      packages: [inputs / "\t" | select(.[0] == "installed") | {name: .[1], version: .[2], arch: .[3], source: .[4]}]}' \
    >"$1"
  chmod 0644 "$1"
}

fail_if_any_failed() {
  if ((${#failures[@]} == 0)); then
    log "all ${#results[@]} checks passed"
    return 0
  fi
  printf '%s\n' "${failures[@]}" >&2
  die "${#failures[@]} of ${#results[@]} checks failed"
}
