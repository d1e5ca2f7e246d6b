# shellcheck shell=bash
# /etc/bento/release.json: what the image holds, where each part came from, and who vouches for it. Source it after
# common.sh.
readonly release_file=/etc/bento/release.json

# write_release <jq arguments...>: a new file in the place of the old one, so that it is whole at every moment.
write_release() {
  jq "$@" "$release_file" >"$release_file.new"
  if cmp --silent "$release_file.new" "$release_file"; then
    rm -f "$release_file.new"
    return 0
  fi
  chmod 0644 "$release_file.new"
  mv -fT "$release_file.new" "$release_file"
  changed "$release_file"
}

# begin_release <version> <broker version>
begin_release() {
  if [[ ! -e $release_file ]]; then
    echo '{"artifacts":[]}' >"$release_file.new"
    chmod 0644 "$release_file.new"
    mv -fT "$release_file.new" "$release_file"
  fi
  # shellcheck disable=SC2016 # jq's variables
  write_release --arg image "$IMAGE" --arg version "$1" --arg broker "$2" \
    '{image: $image, version: $version, broker_version: $broker, artifacts}'
}

# Sets VERSION and BROKER_VERSION, which setup.sh decided.
read_release() {
  [[ -r $release_file ]] || die "$release_file is missing: run setup.sh first"
  # shellcheck disable=SC2034 # for the caller
  VERSION=$(jq --raw-output --exit-status .version "$release_file")
  # shellcheck disable=SC2034
  BROKER_VERSION=$(jq --raw-output --exit-status .broker_version "$release_file")
}

# record_artifact <name> <version> <address> <SHA-256> <how>: once it is in its place.
record_artifact() {
  # shellcheck disable=SC2016 # jq's variables
  write_release --arg name "$1" --arg version "$2" --arg url "$3" --arg sha256 "$4" --arg verified "$5" \
    '.artifacts = (([.artifacts[] | select(.name != $name)] + [{$name, $version, $url, $sha256, $verified}])
      | sort_by(.name))'
}

# is_installed <name> <version> <address> <SHA-256, or nothing where only the publisher knows it> <file...>
#
# What was let in unverified is not good enough for a bake that demands more.
is_installed() {
  local filter file
  # shellcheck disable=SC2016 # jq's variables
  filter='any(.artifacts[]; .name == $name and .version == $version and .url == $url
    and ($sha256 == "" or $sha256 == .sha256) and (.verified != "unverified" or $required == "false"))'
  jq --exit-status --arg name "$1" --arg version "$2" --arg url "$3" --arg sha256 "${4#-}" \
    --arg required "${REQUIRE_VERIFIED_DOWNLOADS:-true}" "$filter" "$release_file" >/dev/null || return 1
  for file in "${@:5}"; do
    [[ -s $file ]] || return 1
  done
}
