#!/usr/bin/env bash
# Looks at the instance after its reboot as the image will start it, and writes report.json and inventory.json. All checks
# run; then those that failed end the bake.
#
# IMAGE       manager, prover or bento
# REPORT_DIR  folder of the two files
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/all.sh
. "$here/lib/all.sh"
# shellcheck source=scripts/lib/checks.sh
. "$here/lib/checks.sh"
# shellcheck source=scripts/lib/checks-bento.sh
. "$here/lib/checks-bento.sh"
# shellcheck source=scripts/lib/checks-system.sh
. "$here/lib/checks-system.sh"
# shellcheck source=scripts/lib/sandbox.sh
. "$here/lib/sandbox.sh"
# shellcheck source=scripts/lib/checks-gpu.sh
. "$here/lib/checks-gpu.sh"

verify_all() {
  check "release.json is whole" check_release
  check "users" check_users
  check "folders" check_folders
  check "units" check_units
  check "nothing starts but the configuration" check_enabled
  check "held packages" check_held
  check "security updates" check_updates
  check "free space" check_space
  check "listening sockets" check_sockets
  check "journal is the record" check_journal
  check "log shipper" check_log_shipper
  check "bento-agent" check_program bento-agent
  if [[ $IMAGE != prover ]]; then
    for program in bento-rest-api bento-cli broker; do check "$program" check_program "$program"; done
    check "stores" check_stores
  fi
  if [[ $IMAGE != manager ]]; then
    check "kernel" check_kernel
    check "driver" check_driver
    check "gpu" check_gpu
    check "gpu of the service" check_gpu_of_service
    check "proving keys" check_proving_keys
  fi
  check "what services need at run time" check_runtime_paths
}

main() {
  require_root
  require_image
  read_release
  local folder=${REPORT_DIR:-$here/..}
  mkdir -p "$folder"
  verify_all
  write_report "$folder/report.json"
  write_inventory "$folder/inventory.json"
  fail_if_any_failed
}
main
