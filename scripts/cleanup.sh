#!/usr/bin/env bash
# Removes what must not be in an image: identities, keys, histories, logs, and what only the bake needed; then looks
# whether it is gone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/all.sh
. "$here/lib/all.sh"

# Packages stay as verify.sh saw them; only what apt can fetch again goes.
remove_caches() {
  apt-get clean
  rm -rf /var/lib/apt/lists/* "$scratch_root" "$updates_paused"
}

# Instances that start from one image must not be taken for each other, nor for the builder. An empty machine-id is
# filled at boot; without the file, systemd would take it for its first boot, and enable every unit there is.
remove_identity() {
  cloud-init clean --logs
  rm -rf /var/lib/cloud/instances /var/lib/cloud/instance
  : >/etc/machine-id
  rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /etc/ssh/ssh_host_*
}

# Packer's key opens the builder; in the image it would open every instance.
remove_access() {
  local home
  for home in /root /home/*; do
    rm -f "$home"/.ssh/authorized_keys "$home"/.*_history "$home"/.wget-hsts "$home"/.lesshst \
      "$home"/.sudo_as_admin_successful
    rm -rf "$home"/.cache "$home"/.gnupg
  done
}

# What systemd keeps for services that run is in use, and gone when they end.
left_in_tmp() {
  find /tmp /var/tmp -mindepth 1 -maxdepth 1 ! -name 'systemd-private-*' ! -name snap-private-tmp ! -name '.*-unix' "$@"
}

remove_traces() {
  find /var/log -type f -exec truncate --size 0 {} +
  rm -rf /var/log/journal/*
  left_in_tmp -exec rm -rf {} +
}

# What stayed all the same stops the bake: all of it is named.
assert_clean() {
  local left
  left=$(
    find /root /home /etc/ssh \( -name 'authorized_keys*' -o -name '.*_history' -o -name 'ssh_host_*' -o -name 'id_*' \
      -o -name '*.pem' \) -print
    find /var/lib/apt/lists /var/lib/cloud/instances "$scratch_root" /var/lib/dbus/machine-id "$updates_paused" \
      -mindepth 0 -type f -print 2>/dev/null || true
    left_in_tmp -print
    if [[ -s /etc/machine-id ]]; then echo /etc/machine-id; fi
  )
  [[ -z $left ]] || die "the image would carry: ${left//$'\n'/, }"
}

main() {
  require_root
  remove_caches
  remove_identity
  remove_access
  remove_traces
  assert_clean
  sync
  log "the image carries nothing of its builder"
}
# The whole file is read before its folder goes away.
main
exit
