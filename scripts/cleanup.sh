#!/usr/bin/env bash
# Removes what must not be in an image: identities, keys, histories, logs, and what only the bake needed.
#
# CLEANUP_ROOT  another root, for tests
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

root=${CLEANUP_ROOT:-}

remove_packages() {
  apt_get autoremove --purge
  apt-get clean
  rm -rf "$root"/var/lib/apt/lists/*
}

# Machines that start from one image must not be taken for each other, nor for the builder.
remove_identity() {
  cloud-init clean --logs
  : >"$root/etc/machine-id"
  rm -f "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed"
  rm -f "$root"/etc/ssh/ssh_host_*
}

# Packer's key opens the builder; in the image it would open every machine.
remove_access() {
  local home
  for home in "$root"/root "$root"/home/*; do
    rm -f "$home"/.ssh/authorized_keys "$home"/.bash_history "$home"/.wget-hsts "$home"/.sudo_as_admin_successful
    rm -rf "$home"/.cache "$home"/.gnupg
  done
}

remove_traces() {
  find "$root/var/log" -type f -exec truncate --size 0 {} +
  rm -rf "$root"/var/log/journal/* "$root"/var/tmp/* "$root/tmp/boundless"
}

# What stayed all the same stops the bake.
assert_clean() {
  local left
  left=$(find "$root/root" "$root/home" "$root/etc/ssh" \
    \( -name authorized_keys -o -name .bash_history -o -name 'ssh_host_*' \) -print)
  [[ -z $left ]] || die "the image would carry: $left"
  [[ ! -s $root/etc/machine-id ]] || die "the image would carry a machine id"
}

main() {
  [[ -n $root ]] || require_root
  remove_packages
  remove_identity
  remove_access
  remove_traces
  assert_clean
  sync
}
# The whole file is read before its folder goes away.
main
exit
