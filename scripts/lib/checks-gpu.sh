# shellcheck shell=bash
# Kernel, driver and GPU of a prover. Source it after checks.sh and sandbox.sh.

# The version of the library that programs talk to the driver through; nothing where there is none.
userspace_driver() {
  local library
  library=$(readlink --canonicalize-existing /usr/lib/x86_64-linux-gnu/libcuda.so.1) || return 0
  echo "${library##*/libcuda.so.}"
}

# What was proven must be what starts: the instance was rebooted into its newest kernel.
check_kernel() {
  local newest
  newest=$(installed_packages 'linux-image-[0-9].*' | sed 's/^linux-image-//' | sort --version-sort | tail -n 1)
  expect "$(uname -r)" "$newest" "the running kernel"
}

check_driver() {
  local branch userspace state program
  read -r branch _ < <(locked nvidia-driver)
  userspace=$(userspace_driver)
  expect "${userspace%%.*}" "$branch" "the driver's branch"
  expect "$(modinfo --field version nvidia)" "$userspace" "the module for $(uname -r)"
  state=$(dkms status -k "$(uname -r)" | grep '^nvidia' || true)
  [[ $state == *": installed"* ]] || {
    echo "DKMS reports '$state' for $(uname -r)"
    return 1
  }
  for program in nvidia-smi nvidia-modprobe nvidia-persistenced; do
    command -v "$program" >/dev/null || {
      echo "$program is missing"
      return 1
    }
  done
  echo "$userspace"
}

has_gpu() {
  grep --quiet --no-messages 0x10de /sys/bus/pci/devices/*/vendor
}

# A driver that does not answer on a real GPU must not become an image.
check_gpu() {
  if ! has_gpu; then
    echo "this instance has no NVIDIA GPU: the driver was not tried"
    return 0
  fi
  modprobe nvidia
  expect "$(cat /sys/module/nvidia/version)" "$(userspace_driver)" "the loaded module"
  expect "$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | sort --unique)" "$(userspace_driver)" "the driver of the GPU"
  nvidia-smi --query-gpu=name --format=csv,noheader
}

# What an agent does with its GPU short of a proof, as its user in its sandbox: root reaches devices that a service may not.
check_gpu_of_service() {
  if ! has_gpu; then
    echo "this instance has no NVIDIA GPU: whether a prover can use one is left to the smoke test of a cluster"
    return 0
  fi
  # As ExecStartPre= of bento-prover@0 does.
  nvidia-modprobe -c 0 -u
  install -D -m 0755 "${here:?}/lib/try-gpu.py" "${sandbox_folder:?}/try-gpu"
  in_sandbox bento-prover@0 "$sandbox_folder/try-gpu" || return 1
  rm -rf "$sandbox_folder"
}

check_proving_keys() {
  local file
  while read -r file; do
    [[ -s $file ]] || {
      echo "$file is missing or empty"
      return 1
    }
  done < <(proving_keys /opt)
  expect_nothing "$(find /opt/risc0 /opt/blake3-groth16 \( -not -user root -or -perm /022 -or -not -perm -004 \) 2>/dev/null || true)" \
    "not root's, or not for everybody to read"
}
