#!/usr/bin/env bash
# Says which releases an image gets, as lines for a shell:
#
#   $ resolve-version.sh latest
#   export VERSION=v1.2.2
#   export BROKER_VERSION=v1.2.2
#
# usage: resolve-version.sh [latest|vX.Y.Z]   (default: BOUNDLESS_VERSION, then latest)
#
# BROKER_VERSION  another release of the broker than the one that belongs to Bento's
# API_URL         where GitHub's API is
set -euo pipefail

wanted=${1:-${BOUNDLESS_VERSION:-latest}}
api=${API_URL:-https://api.github.com}
repository=boundless-xyz/boundless
bundle=bento-bundle-linux-amd64.tar.gz
most_pages=10

die() {
  echo "resolve-version: $*" >&2
  exit 1
}

# Releases of Bento that can be installed: with the bundle and its checksum. The repository releases much else.
releases() {
  local page answer
  for ((page = 1; page <= most_pages; page++)); do
    answer=$(curl -fsSL --retry 5 --retry-connrefused --connect-timeout 10 --max-time 60 \
      -H 'Accept: application/vnd.github+json' \
      "$api/repos/$repository/releases?per_page=100&page=$page") ||
      die "GitHub does not say which releases there are; name one: BOUNDLESS_VERSION=vX.Y.Z"
    jq -er 'if type == "array" then "" else error("no list") end' <<<"$answer" >/dev/null 2>&1 ||
      die "GitHub's answer is not a list of releases; name one: BOUNDLESS_VERSION=vX.Y.Z"
    jq -r --arg bundle "$bundle" '
      .[] | select((.draft or .prerelease) | not)
      | select([.assets[].name] | contains([$bundle, $bundle + ".sha256"]))
      | .tag_name | select(test("^bento-v1\\.[0-9]+\\.[0-9]+$")) | ltrimstr("bento-")' <<<"$answer"
    (($(jq length <<<"$answer") == 100)) || break
  done
}

version=$wanted
if [[ $wanted == latest ]]; then
  found=$(releases)
  version=$(sort --version-sort <<<"$found" | tail -n 1)
  [[ -n $version ]] || die "there is no release of Bento 1 with $bundle"
fi
[[ $version =~ ^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]] ||
  die "'$version' is not a version; use latest, or a release such as v1.2.2"
[[ $version == v1.* ]] || die "$version is not supported: the units are for Bento from v1.0.0 up to, not including, v2"

# Bento and broker are released apart; Bento v1.0.1 came out without a broker, and belongs to broker v1.0.0.
broker=${BROKER_VERSION:-}
if [[ -z $broker ]]; then
  broker=$version
  if [[ $version == v1.0.1 ]]; then broker=v1.0.0; fi
fi
[[ $broker =~ ^v1\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]] || die "BROKER_VERSION is '$broker', not a release such as v1.2.2"

echo "export VERSION=$version"
echo "export BROKER_VERSION=$broker"
