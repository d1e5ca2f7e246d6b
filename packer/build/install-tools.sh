#!/usr/bin/env bash
# Installs the tools of tools.lock. A file that does not match the lock is never installed. Packer gets its plugin from
# here too: `packer init` alone would trust a checksum file that lies beside the plugin.
#
# TOOLS_LOCK   another lock file
# TOOLS_BIN    where programs go (default /usr/local/bin)
# TOOLS_CACHE  where downloads stay for the next build (default ~/.cache/packer-tools)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=${TOOLS_LOCK:-$here/../tools.lock}
bin=${TOOLS_BIN:-/usr/local/bin}
cache=${TOOLS_CACHE:-$HOME/.cache/packer-tools}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
  echo "install-tools: $*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

matches_lock() {
  sha256sum --check --status <<<"$1  $2"
}

# Downloads a tool into the cache, unless the cache has a file that matches the lock.
fetch_tool() {
  local name=$1 version=$2 sha256=$3 url=$4 file=$5
  if [[ -f $file ]]; then
    if matches_lock "$sha256" "$file"; then return; fi
    echo "install-tools: the cached $name $version does not match $lock; downloading it again" >&2
  fi
  local download=$work/${url##*/}
  curl -fsSL --retry 5 --retry-connrefused --connect-timeout 10 --max-time 300 -o "$download" "$url" ||
    die "$name $version cannot be fetched from $url"
  matches_lock "$sha256" "$download" || die "$name $version does not match $lock: $url"
  mkdir -p "$cache"
  mv -f "$download" "$file"
}

install_tool() {
  local name=$1 version=$2 sha256=$3 url=$4
  local file=$cache/${url##*/}
  [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || die "$lock has no SHA-256 for $name"
  fetch_tool "$name" "$version" "$sha256" "$url" "$file"
  case $file in
    */packer-plugin-*.zip)
      unzip -q -o "$file" "${name}_v${version}_*" -d "$work/plugin"
      local binary=("$work/plugin/"*)
      chmod 0755 "${binary[@]}"
      "$bin/packer" plugins install --path "${binary[0]}" "github.com/hashicorp/${name#packer-plugin-}"
      ;;
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
