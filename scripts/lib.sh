# shellcheck shell=bash
# What the installation scripts have in common. Source it after `set -euo pipefail`.

log() {
  printf '%s %s: %s\n' "$(date -u +%H:%M:%S)" "${0##*/}" "$*" >&2
}

die() {
  log "error: $*"
  exit 1
}

# retry <tries> <seconds between> <command...>
retry() {
  local tries=$1 pause=$2 try
  shift 2
  for ((try = 1; try <= tries; try++)); do
    if "$@"; then return 0; fi
    if ((try < tries)); then
      log "try $try of $tries failed: $*"
      sleep "$pause"
    fi
  done
  return 1
}

# Fetches what has no checksum of its own. Without --fail, curl would store the page that says 404.
# download <address> <file>
download() {
  curl --fail --silent --show-error --location --retry "${FETCH_RETRIES:-5}" --retry-connrefused \
    --connect-timeout 10 --max-time 1800 --output "$2" "$1"
}

# Fetches a file; it is there only if its SHA-256 is right.
# fetch <address> <sha256> <file>
fetch() {
  local address=$1 sha256=$2 file=$3
  [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || {
    log "error: '$sha256' is not a SHA-256: $address is not fetched unverified"
    return 1
  }
  rm -f "$file" "$file.part"
  download "$address" "$file.part" || {
    rm -f "$file.part"
    log "error: $address cannot be fetched"
    return 1
  }
  sha256sum --check --status <<<"$sha256  $file.part" || {
    log "error: $address is not what was expected: its SHA-256 is $(sha256sum <"$file.part" | cut -d ' ' -f 1)"
    rm -f "$file.part"
    return 1
  }
  mv "$file.part" "$file"
}

# The SHA-256 that a release publishes beside a file.
# published_sha256 <address of the file>
published_sha256() {
  local answer sha256
  answer=$(curl --fail --silent --show-error --location --retry "${FETCH_RETRIES:-5}" --retry-connrefused \
    --connect-timeout 10 --max-time 60 "$1.sha256") || return 1
  sha256=${answer%%[[:space:]]*}
  [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || return 1
  echo "$sha256"
}

# Whether a version is at least another one: at_least v1.2.2 v1.2.10
at_least() {
  [[ $(printf '%s\n%s\n' "$1" "$2" | sort --version-sort | head -n 1) == "$1" ]]
}

# apt_get <arguments...>: waits for the lock of whoever updates at boot, the most common cause of random failures.
apt_get() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --yes --quiet \
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o Dpkg::Options::=--force-confold "$@"
}

require_root() {
  [[ $(id -u) -eq 0 ]] || die "this changes the system: run it as root"
}
