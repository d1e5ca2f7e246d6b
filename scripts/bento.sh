# shellcheck shell=bash
# Installs Bento's and the broker's releases. Source it after lib.sh.

readonly release_file=/etc/bento/release
readonly downloads=https://github.com/boundless-xyz/boundless/releases/download
readonly service_files=${here:?}/../service_files

# Reads VERSION and BROKER_VERSION, which setup.sh decided.
read_release() {
  [[ -r $release_file ]] || die "$release_file is missing: run setup.sh first"
  # shellcheck source=/dev/null
  . "$release_file"
}

# Every library of a program is there, and it runs: found out here, not on the machine that starts from the image.
check_program() {
  local program=$1 missing
  missing=$(ldd "$program" 2>/dev/null | grep 'not found' || true)
  [[ -z $missing ]] || die "$program lacks libraries: $missing"
  "$program" --help >/dev/null || die "$program does not run"
}

# install_bento <program...>: from the bundle of the release, verified by the checksum that the release publishes.
install_bento() {
  local address=$downloads/bento-$VERSION/bento-bundle-linux-amd64.tar.gz
  local work program sha256
  work=$(mktemp -d)
  sha256=$(published_sha256 "$address") || die "Bento $VERSION publishes no checksum of $address"
  fetch "$address" "$sha256" "$work/bundle.tar.gz" || die "Bento $VERSION cannot be installed"
  tar --extract --gzip --file "$work/bundle.tar.gz" --directory "$work" --no-same-owner
  for program in "$@"; do
    install -o root -g root -m 0755 "$work/bento-bundle/$program" "/usr/local/bin/$program"
    check_program "/usr/local/bin/$program"
  done
  rm -rf "$work"
  log "installed $* of Bento $VERSION"
}

# install_broker: releases publish its checksum from v1.2.2 on; before that the build must be told.
install_broker() {
  local address=$downloads/broker-$BROKER_VERSION/broker
  local sha256=${BROKER_SHA256:-} work
  if [[ -z $sha256 ]]; then
    at_least v1.2.2 "$BROKER_VERSION" ||
      die "broker $BROKER_VERSION publishes no checksum: set broker_sha256 to one that you trust"
    sha256=$(published_sha256 "$address") || die "broker $BROKER_VERSION publishes no checksum of $address"
  fi
  work=$(mktemp -d)
  fetch "$address" "$sha256" "$work/broker" || die "broker $BROKER_VERSION cannot be installed"
  install -o root -g root -m 0755 "$work/broker" /usr/local/bin/broker
  rm -rf "$work"
  check_program /usr/local/bin/broker
  log "installed broker $BROKER_VERSION"
}

# install_units <target> <service...>: the services belong to the target, which nothing starts: the role is chosen at boot.
install_units() {
  local unit
  for unit in "$@"; do
    install -o root -g root -m 0644 "$service_files/$unit" "/etc/systemd/system/$unit"
  done
  systemctl daemon-reload
  shift
  systemctl enable "$@"
}
