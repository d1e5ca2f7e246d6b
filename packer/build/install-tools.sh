#!/usr/bin/env bash
# Installs the tools of tools.lock. What is not exactly what the lock says is never installed.
#
# TOOLS_LOCK  another lock file
# TOOLS_BIN   where programs go (default /usr/local/bin)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=${TOOLS_LOCK:-$here/../tools.lock}
bin=${TOOLS_BIN:-/usr/local/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
  echo "install-tools: $*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

install_tool() {
  local name=$1 version=$2 sha256=$3 url=$4
  local file=$work/${url##*/}
  [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || die "$lock has no SHA-256 for $name"
  curl -fsSL --retry 5 --retry-connrefused --connect-timeout 10 --max-time 300 -o "$file" "$url" ||
    die "$name $version cannot be fetched from $url"
  sha256sum --check --status <<<"$sha256  $file" || die "$name $version is not what $lock says: $url"
  case $file in
    *.zip)
      unzip -q -o "$file" "$name" -d "$work"
      as_root install -D -m 0755 "$work/$name" "$bin/$name"
      ;;
    *.deb) as_root dpkg --install "$file" ;;
    *) die "$name is neither .zip nor .deb: $url" ;;
  esac
  echo "installed $name $version"
}

installed=0
while read -r name version sha256 url; do
  [[ -z $name || $name == \#* ]] && continue
  install_tool "$name" "$version" "$sha256" "$url" </dev/null
  installed=$((installed + 1))
done <"$lock"
((installed > 0)) || die "$lock names no tools"
