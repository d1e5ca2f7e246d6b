# shellcheck shell=bash
# Downloads. Everything that does not come from a signed repository comes through verified_download. Source it after
# common.sh and release.sh.
#
# REQUIRE_VERIFIED_DOWNLOADS  true (default) or false: whether a download without signature or checksum ends the bake, or is recorded
# FETCH_TRIES, FETCH_PAUSE    how often a server in trouble is asked, and the seconds before the next time
# FETCH_STALL_SECONDS         after how long a server that sends next to nothing is given up
# FETCH_PROTOCOLS             =https; tests on this instance have no certificate

# Gone with cleanup.sh. Below /var, which is on the root volume: /tmp may be in memory, and keys have gigabytes.
readonly scratch_root=/var/cache/boundless

# scratch <name>: an empty folder, whatever an interrupted run left.
scratch() {
  rm -rf "${scratch_root:?}/$1"
  install -d -m 0700 "$scratch_root" "$scratch_root/$1"
  echo "$scratch_root/$1"
}

sha256_of() {
  sha256sum "$1" | cut -d ' ' -f 1
}

is_sha256() {
  [[ $1 =~ ^[0-9a-f]{64}$ ]]
}

# download <address> <file>: unverified. Without --fail, curl would store the error page.
download() {
  local address=$1 file=$2 tries=${FETCH_TRIES:-5} try status stall=${FETCH_STALL_SECONDS:-60}
  for ((try = 1; try <= tries; try++)); do
    if status=$(curl --fail --silent --show-error --location --proto "${FETCH_PROTOCOLS:-=https}" \
      --connect-timeout 10 --speed-limit 1024 --speed-time "$stall" --max-time 3600 \
      --write-out '%{http_code}' --output "$file" "$address"); then return 0; fi
    rm -f "$file"
    # Asking again does not help where the server understood and refused.
    if [[ $status =~ ^4 && $status != 408 && $status != 429 ]]; then break; fi
    if ((try < tries)); then
      log "try $try of $tries failed: $address"
      sleep "${FETCH_PAUSE:-10}"
    fi
  done
  log "error: $address cannot be fetched (HTTP status ${status:-none})"
  return 1
}

# published_sha256 <address of a file>: the hash that its publisher puts beside it.
published_sha256() {
  local work answer
  work=$(scratch checksum)
  download "$1.sha256" "$work/sha256" || return 1
  read -r answer _ <"$work/sha256" || [[ -n $answer ]]
  rm -rf "$work"
  is_sha256 "$answer" || {
    log "error: $1.sha256 holds no SHA-256"
    return 1
  }
  echo "$answer"
}

# verified_download <name> <version> <address> <SHA-256 or -> <how it is known> <MiB>
#
# Leaves the file at $downloaded, and in $download_record what record_artifact wants to know once it is installed.
verified_download() {
  local name=$1 version=$2 address=$3 sha256=$4 how=$5 actual
  if [[ $sha256 == - ]]; then
    [[ ${REQUIRE_VERIFIED_DOWNLOADS:-true} == false ]] || die "nobody vouches for $name $version ($address):" \
      "scripts/downloads.lock has no SHA-256. Put one there that you trust (make lock ACCEPT=$name, on a connected" \
      "instance), or bake with require_verified_downloads=false"
    how=unverified
  else
    is_sha256 "$sha256" || die "'$sha256' is not a SHA-256: $address is not fetched unverified"
  fi
  require_space "$scratch_root" "$6" "$name"
  downloaded=$(scratch "$name")/${address##*/}
  download "$address" "$downloaded" || die "$name $version cannot be installed"
  actual=$(sha256_of "$downloaded")
  [[ $how == unverified || $actual == "$sha256" ]] || {
    rm -f "$downloaded"
    die "$address is not what was expected: its SHA-256 is $actual, not $sha256"
  }
  if [[ $how == unverified ]]; then log "unverified: $name $version, SHA-256 $actual"; fi
  # shellcheck disable=SC2034 # for the caller
  download_record=("$name" "$version" "$address" "$actual" "$how")
}
