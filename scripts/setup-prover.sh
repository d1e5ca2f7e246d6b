#!/usr/bin/env bash
# What a prover has: NVIDIA's driver, the CUDA runtime, the prove agent and its proving keys. Run setup.sh first; safe
# to run again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/all.sh
. "$here/lib/all.sh"

# The driver is built for the kernel that runs, and for the one that the reboot in the bake starts.
kernels() {
  uname -r
  installed_packages 'linux-image-[0-9].*' | sed 's/^linux-image-//' | sort --version-sort | tail -n 1
}

# The open kernel modules are for Turing and later: g4dn, g5, g6 and g6e.
install_driver() {
  local branch cuda kernel program headers=()
  read -r branch _ < <(locked nvidia-driver)
  read -r cuda _ < <(locked cuda)
  for kernel in $(kernels | sort --unique); do headers+=("linux-headers-$kernel"); done
  # Later kernels come with a later image: what the packages would follow is held.
  install_packages dkms "${headers[@]}"
  add_repository nvidia-cuda
  # Before the driver: it keeps apt on the branch.
  install_packages "nvidia-driver-pinning-$branch"
  install_packages nvidia-open "cuda-libraries-$cuda"
  # Branches differ in whether the driver brings these or packages of their own do.
  for program in nvidia-modprobe nvidia-persistenced; do
    command -v "$program" >/dev/null || install_packages "$program"
  done
  hold_packages "$kernel_packages|$driver_packages"
  record_package nvidia-open
  record_package "cuda-libraries-$cuda"
}

# rzup finds the component by exactly this name. From v1.2 on Bento makes BLAKE3 proofs, and panics without their keys.
install_proving_keys() {
  local groth16=$risc0_home/extensions/v0.1.0-risc0-groth16 blake3=/opt/blake3-groth16 keys
  make_risc0_home
  mapfile -t keys < <(proving_keys "$groth16")
  install_keys risc0-groth16 "$groth16" 10240 0 "${keys[@]}"
  if at_least v1.2.0 "$VERSION"; then
    mapfile -t keys < <(proving_keys "$blake3")
    install_keys blake3-groth16 "$blake3" 10240 1 "${keys[@]}"
  fi
}

main() {
  require_root
  require_image
  read_release
  require_space / 8192 "the driver and CUDA"
  repair_packages
  install_driver
  install_bento bento-agent
  install_proving_keys
  report_changes
}
main
