#!/usr/bin/env bash
# What every image has: packages, users, settings, units and the log shipper. Safe to run again, after an interruption
# as well: a second run changes nothing, and reports that.
#
# IMAGE              manager, prover or bento
# BOUNDLESS_VERSION  Bento release, or latest
# BROKER_VERSION     broker release; empty takes the one that belongs to Bento's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/all.sh
. "$here/lib/all.sh"

wait_for_boot() {
  # 2: recovered from an error, the instance works.
  cloud-init status --wait >&2 || [[ $? -eq 2 ]] || die "cloud-init failed: cloud-init status --long"
}

decide_release() {
  local decided
  # What latest was at first is what the image gets, whatever comes out while it is baked.
  if [[ ${BOUNDLESS_VERSION:-latest} == latest && -e $release_file ]]; then return 0; fi
  decided=$(CONTRACT=$here/boot/contract.json bash "$here/../resolve-version.sh" "${BOUNDLESS_VERSION:-latest}")
  eval "$decided"
  begin_release "$VERSION" "$BROKER_VERSION"
}

install_log_shipper() {
  local version
  read -r version _ < <(locked vector)
  # A run that ends before the hold must not be followed by one that upgrades it.
  put_text /etc/apt/preferences.d/boundless-vector <<APT
Package: vector
Pin: version $version
Pin-Priority: 1001
APT
  add_repository vector
  install_packages "vector=$version"
  record_package vector
  # The unit of its package knows nothing of roles and instances.
  mask_units vector.service
}

main() {
  require_root
  require_image
  wait_for_boot
  pause_updates
  require_space / 4096 "the setup of every image"
  repair_packages
  apt_with_retries update
  upgrade_packages
  install_packages ca-certificates curl gnupg jq libssl3t64 openssl tar xz-utils e2fsprogs nvme-cli \
    python3-boto3 unattended-upgrades
  make_users
  decide_release
  purge_packages rsyslog
  write_system_settings
  install_log_shipper
  install_boot_programs
  install_templates
  install_units
  hold_packages "$kernel_packages|vector"
  report_changes
}
main
