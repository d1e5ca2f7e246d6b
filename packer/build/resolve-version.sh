#!/usr/bin/env bash
# Prints the releases that an image gets, as lines for a shell:
#
#   $ resolve-version.sh latest
#   export VERSION=v1.2.2
#   export BROKER_VERSION=v1.2.2
#
# usage: resolve-version.sh [latest|vX.Y.Z]   (default: BOUNDLESS_VERSION, then latest)
#
# BROKER_VERSION  another release of the broker than the one that belongs to Bento's
# API_URL         where GitHub's API is
# CONTRACT        contract.json, where this is not in its checkout
set -euo pipefail
# A failure inside $(...) ends this as well.
shopt -s inherit_errexit

wanted=${1:-${BOUNDLESS_VERSION:-latest}}
api=${API_URL:-https://api.github.com}
repository=boundless-xyz/boundless
bundle=bento-bundle-linux-amd64.tar.gz
most_pages=10

contract=${CONTRACT:-$(dirname "${BASH_SOURCE[0]}")/../../scripts/boot/contract.json}

log() {
  echo "resolve-version: $*" >&2
}

die() {
  log "$@"
  exit 1
}

# What the units, scripts and broker.toml are made for, by release: config/contract.ts explains why.
supports=$(jq --exit-status --raw-output '.bento.from, .bento.before, (.brokers | keys_unsorted[] | "v" + .)' "$contract") ||
  die "$contract does not list the supported releases"
mapfile -t brokers <<<"$supports"
readonly first=${brokers[0]} end=${brokers[1]}
brokers=("${brokers[@]:2}")

# Whether a version comes before another one.
before() {
  [[ $1 != "$2" && $(printf '%s\n%s\n' "$1" "$2" | sort --version-sort | head -n 1) == "$1" ]]
}

supported() {
  ! before "$1" "$first" && before "$1" "$end"
}

# The releases of Bento, as lines of version and whether it can be installed: with the bundle and its checksum. The
# repository releases much else; from 2.0 on Bento's tags are called after the prover.
releases() {
  local page answer
  for ((page = 1; page <= most_pages; page++)); do
    answer=$(curl -fsSL --retry 5 --retry-connrefused --connect-timeout 10 --max-time 60 \
      -H 'Accept: application/vnd.github+json' \
      "$api/repos/$repository/releases?per_page=100&page=$page") ||
      die "GitHub does not list the releases; name one: BOUNDLESS_VERSION=vX.Y.Z"
    jq -r --arg bundle "$bundle" '
      .[] | select((.draft or .prerelease) | not)
      | ([.assets[].name] | contains([$bundle, $bundle + ".sha256"])) as $installable
      | .tag_name | capture("^(bento|prover)-(?<version>v[0-9]+\\.[0-9]+\\.[0-9]+)$")
      | "\(.version) \($installable)"' <<<"$answer" ||
      die "GitHub's answer is not a list of releases; name one: BOUNDLESS_VERSION=vX.Y.Z"
    (($(jq length <<<"$answer") == 100)) || break
  done
}

# The newest release that is supported. A newer one that is not is worth knowing of, and stops nothing.
latest() {
  local found version installable newest='' unsupported=''
  found=$(releases)
  while read -r version installable; do
    if supported "$version"; then
      if [[ $installable == true ]]; then newest=$version; fi
    elif ! before "$version" "$end"; then
      unsupported=$version
    fi
  done < <(sort --version-sort <<<"$found")
  [[ -n $newest ]] || die "there is no release of Bento from $first up to, not including, $end with $bundle"
  [[ -z $unsupported ]] || log "notice: Bento $unsupported is out; the images support releases before $end, and take $newest"
  echo "$newest"
}

is_broker() {
  local known
  for known in "${brokers[@]}"; do
    if [[ $1 == "$known" ]]; then return 0; fi
  done
  return 1
}

# Bento and broker are released apart, and not every Bento has a broker: there is no v1.0.1. To each belongs the newest
# broker of its minor release that is not newer than itself.
broker_of() {
  local known broker=''
  for known in "${brokers[@]}"; do
    if [[ ${known%.*} == "${1%.*}" ]] && ! before "$1" "$known"; then broker=$known; fi
  done
  echo "$broker"
}

version=$wanted
if [[ $wanted == latest ]]; then version=$(latest); fi
[[ $version =~ ^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]] ||
  die "BOUNDLESS_VERSION is '$version', not a version; use latest, or a release such as v1.2.2"
supported "$version" ||
  die "Bento $version is not supported, but releases from $first up to, not including, $end; use latest, or one of them"

broker=${BROKER_VERSION:-$(broker_of "$version")}
is_broker "$broker" ||
  die "BROKER_VERSION is '$broker', not one of ${brokers[*]}; leave it empty for the one that belongs to Bento $version"

echo "export VERSION=$version"
echo "export BROKER_VERSION=$broker"
