# shellcheck shell=bash
# What is installed from releases and archives: Bento, the broker and the proving keys. Source it after fetch.sh,
# release.sh and locks.sh.
#
# RELEASES       where Bento's and the broker's releases are
# BROKER_SHA256  hash of a broker whose release publishes none

readonly releases=${RELEASES:-https://github.com/boundless-xyz/boundless/releases/download}

# install_program <file> <name>: it must run on this instance; otherwise no instance of the image could run it.
install_program() {
  local missing
  missing=$(ldd "$1" 2>/dev/null | grep 'not found' || true)
  [[ -z $missing ]] || die "$2 lacks libraries: $missing"
  chmod 0755 "$1"
  "$1" --help >/dev/null || die "$2 does not run"
  put_file "$1" "/usr/local/bin/$2" root:root 755
}

# install_bento <program...>: from the bundle of the release, by the checksum that the release publishes.
install_bento() {
  local address=$releases/bento-$VERSION/bento-bundle-linux-amd64.tar.gz sha256 program
  if is_installed bento-bundle "$VERSION" "$address" "" "${@/#//usr/local/bin/}"; then return 0; fi
  sha256=$(published_sha256 "$address") || die "Bento $VERSION publishes no checksum of $address"
  verified_download bento-bundle "$VERSION" "$address" "$sha256" published 2048
  tar --extract --gzip --file "$downloaded" --directory "${downloaded%/*}" --no-same-owner
  for program in "$@"; do
    [[ -f ${downloaded%/*}/bento-bundle/$program ]] || die "the bundle of Bento $VERSION has no $program"
    install_program "${downloaded%/*}/bento-bundle/$program" "$program"
  done
  finish_download
}

# publishes_checksum <broker's version>: whether the release has a checksum of the broker beside it.
publishes_checksum() {
  # shellcheck disable=SC2016 # jq's variables
  jq --exit-status --arg release "${1#v}" '.brokers[$release].publishesChecksum' "${here:?}/boot/contract.json" >/dev/null
}

# install_broker: releases publish its checksum from v1.2.2 on; for earlier ones, the build must be given it.
install_broker() {
  local address=$releases/broker-$BROKER_VERSION/broker sha256=${BROKER_SHA256:-} how=given
  if is_installed broker "$BROKER_VERSION" "$address" "$sha256" /usr/local/bin/broker; then return 0; fi
  if [[ -z $sha256 ]]; then
    if publishes_checksum "$BROKER_VERSION"; then
      sha256=$(published_sha256 "$address") || die "broker $BROKER_VERSION publishes no checksum of $address"
      how=published
    elif [[ ${REQUIRE_VERIFIED_DOWNLOADS:-true} == false ]]; then
      sha256=-
    else
      die "broker $BROKER_VERSION publishes no checksum: set broker_sha256 to one that you trust"
    fi
  fi
  verified_download broker "$BROKER_VERSION" "$address" "$sha256" "$how" 512
  install_program "$downloaded" broker
  finish_download
}

# install_keys <name in downloads.lock> <folder> <MiB> <components to strip> <file that must be there...>
#
# The archive is unpacked beside its place and moved there: the folder is whole, or not there.
install_keys() {
  local name=$1 folder=$2 version sha256 address file
  read -r version sha256 address < <(locked "$name")
  if is_installed "$name" "$version" "$address" "$sha256" "${@:5}"; then return 0; fi
  verified_download "$name" "$version" "$address" "$sha256" lock "$3"
  rm -rf "$folder.new" "$folder"
  install -d -m 0755 "$folder.new"
  tar --extract --xz --file "$downloaded" --directory "$folder.new" --strip-components "$4" --no-same-owner
  rm -f "$downloaded"
  check_inside "$name" "$folder.new"
  chown -R root:root "$folder.new"
  chmod -R u=rwX,go=rX "$folder.new"
  mv -T "$folder.new" "$folder"
  for file in "${@:5}"; do
    [[ -s $file ]] || die "$name $version has no ${file##*/}"
  done
  changed "$folder"
  finish_download
}

# check_inside <name> <folder>: files of the archive that are known by a hash of their own.
check_inside() {
  local file sha256 actual
  while read -r file sha256; do
    [[ -s $2/$file ]] || die "$1 has no $file"
    actual=$(sha256_of "$2/$file")
    [[ $actual == "$sha256" ]] || die "$file of $1 is not what was expected: its SHA-256 is $actual, not $sha256"
  done < <(locked_inside "$1")
}

# Recorded last: what is recorded is installed.
finish_download() {
  rm -rf "${downloaded%/*}"
  record_artifact "${download_record[@]}"
}

# make_risc0_home: rzup looks for these two before anything else, and makes them where they are missing (rzup 0.5.1,
# src/env.rs, ensure_directories): the agent may not, and would fail each Groth16 proof.
readonly risc0_home=/opt/risc0
make_risc0_home() {
  put_folder "$risc0_home" root:root 755
  put_folder "$risc0_home/extensions" root:root 755
  put_folder "$risc0_home/tmp" root:root 755
  put_text "$risc0_home/.rzup" </dev/null
}

# proving_keys <folder>: the files there that the prover of this release opens.
proving_keys() {
  runtime_paths bento-prover@0 | sed --quiet "s|^reads \($1/.*\)|\1|p"
}
