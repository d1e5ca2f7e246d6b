#!/usr/bin/env bash
# What a prover has: NVIDIA's driver, the CUDA runtime and the prove agent. Run setup.sh first; safe to run again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
# shellcheck source=scripts/bento.sh
. "$here/bento.sh"

readonly nvidia=https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64
# NVIDIA's signing key of 2022 ("Updating the CUDA Linux GPG Repository Key", NVIDIA technical blog).
readonly nvidia_key=EB693B3035CD5710E231E123A4B469963BF863CC

# Nothing of the archive is trusted but by this key, and the key for nothing but the archive.
add_archive() {
  local work keyring=/usr/share/keyrings/nvidia-cuda.gpg
  work=$(mktemp -d)
  download "$nvidia/3bf863cc.pub" "$work/key.pub" || die "NVIDIA's signing key cannot be fetched"
  local found
  found=$(gpg --homedir "$work" --batch --show-keys --with-colons "$work/key.pub" | awk -F : '$1 == "fpr" { print $10 }')
  [[ $found == "$nvidia_key" ]] || die "NVIDIA's signing key is not $nvidia_key but $found"
  gpg --homedir "$work" --batch --yes --dearmor --output "$work/key.gpg" "$work/key.pub"
  install -o root -g root -m 0644 "$work/key.gpg" "$keyring"
  rm -rf "$work"
  echo "deb [arch=amd64 signed-by=$keyring] $nvidia /" >/etc/apt/sources.list.d/nvidia-cuda.list
  apt_get update
}

# The open kernel modules are for Turing and later: g4dn, g5, g6 and g6e. Bento's agent is built with CUDA 13.0.
install_driver() {
  apt_get install "linux-headers-$(uname -r)"
  apt_get install nvidia-open cuda-libraries-13-0
}

# A driver that does not answer on a real GPU must not become an image.
check_driver() {
  if ! grep -qs 0x10de /sys/bus/pci/devices/*/vendor; then
    log "this machine has no NVIDIA GPU: the driver was not tried"
    return
  fi
  modprobe nvidia
  nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || die "the driver does not answer"
}

main() {
  require_root
  read_release
  add_archive
  install_driver
  check_driver
  install_bento bento-agent
  install_units bento-prover.target bento-prover.service
}
main
