#!/usr/bin/env bash
# Starts one agent for each GPU that the driver has. Run by bento-prover.service, as root.
set -euo pipefail

# The metrics port has one digit for the GPU; instances of EC2 have eight at most.
readonly most=10

gpus=$(nvidia-smi --query-gpu=index --format=csv,noheader) || {
  echo "the driver does not answer: nvidia-smi ended with $?: $gpus" >&2
  exit 1
}
mapfile -t indexes <<<"$gpus"
# Without a GPU, the driver may print a sentence.
if [[ $gpus =~ [^0-9$'\n'] || -z $gpus ]] || ((${#indexes[@]} > most)); then
  echo "a prover has 1 to $most GPUs, and nvidia-smi lists: ${gpus:-none}" >&2
  exit 1
fi
systemctl start "${indexes[@]/#/bento-prover@}"
echo "started ${#indexes[@]} agents, one for each GPU"
