#!/usr/bin/env bash
# What every image has: the packages, the user and the folders of Bento. Safe to run again.
#
# BOUNDLESS_VERSION  Bento release, or latest
# BROKER_VERSION     broker release; empty takes the one that belongs to Bento's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

wait_for_boot() {
  # 2: recovered from an error, the machine works.
  cloud-init status --wait >/dev/null || [[ $? -eq 2 ]] || die "cloud-init failed: cloud-init status --long"
  # Stopped for the bake, not disabled: machines that start from the image get their security fixes.
  systemctl stop apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service
}

install_packages() {
  apt_get update
  apt_get upgrade
  apt_get install --no-install-recommends ca-certificates curl gnupg jq libssl3t64 openssl tar xz-utils
}

make_user() {
  # No login, no sudo: Ubuntu's own user has both.
  getent passwd bento >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/bento --no-create-home --shell /usr/sbin/nologin bento
  install -d -o root -g bento -m 0750 /etc/bento
  install -d -o bento -g bento -m 0750 /var/lib/bento
}

decide_release() {
  local decided
  decided=$(bash "$here/../resolve-version.sh" "${BOUNDLESS_VERSION:-latest}")
  install -o root -g root -m 0644 /dev/stdin /etc/bento/release <<<"${decided//export /}"
  log "$(tr '\n' ' ' </etc/bento/release)"
}

main() {
  require_root
  wait_for_boot
  install_packages
  make_user
  decide_release
}
main
