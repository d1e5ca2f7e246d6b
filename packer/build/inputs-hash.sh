#!/usr/bin/env bash
# Hashes everything that goes into an image, as a line for a shell, and writes down what that was: the difference of two
# lists shows why an image was baked again.
#
#   $ IMAGE=manager VERSION=v1.2.2 BROKER_VERSION=v1.2.2 SOURCE_AMI=ami-0123456789abcdef0 inputs-hash.sh inputs.txt
#   export INPUTS_HASH=4f1a...
#
# usage: inputs-hash.sh <file for the list>
#
# IMAGE, VERSION, BROKER_VERSION, SOURCE_AMI  what is baked
# BROKER_SHA256, ENVIRONMENT, IMAGE_KMS_ARN, REQUIRE_VERIFIED_DOWNLOADS, ROOT_VOLUME_GIB, GPU_ROOT_VOLUME_GIB
#   settings that change the image; empty is the templates' default, which is hashed with them
set -euo pipefail
shopt -s inherit_errexit
# Names sort by their bytes, wherever this runs.
export LC_ALL=C

list=${1:?usage: inputs-hash.sh <file for the list>}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

die() {
  echo "inputs-hash: $*" >&2
  exit 1
}

case ${IMAGE:-} in
  manager | prover | bento) ;;
  *) die "IMAGE is '${IMAGE:-}'; use manager, prover or bento" ;;
esac
for needed in VERSION BROKER_VERSION SOURCE_AMI; do
  [[ -n ${!needed:-} ]] || die "$needed is empty; resolve-version.sh and source-image.sh print it"
done

settings() {
  local name
  for name in IMAGE VERSION BROKER_VERSION SOURCE_AMI BROKER_SHA256 ENVIRONMENT IMAGE_KMS_ARN \
    REQUIRE_VERIFIED_DOWNLOADS ROOT_VOLUME_GIB GPU_ROOT_VOLUME_GIB; do
    printf '%s=%s\n' "$name" "${!name:-}"
  done
}

# What Packer reads, what it uploads (locals.pkr.hcl), and what is pinned. Names are the repository's, so that the folder
# of the checkout does not count.
paths() {
  find packer -maxdepth 1 \( -name '*.pkr.*' -o -name '*.auto.pkrvars.*' -o -name '*.lock' \)
  find packer/build/resolve-version.sh scripts service_files ! -type d
}

# Of a file's mode git keeps one thing, and so does this; the rest is the umask of the user who checked out.
files() {
  local file mode sum
  for file in "$@"; do
    [[ -f $file && ! -L $file ]] || die "$file is no plain file; commit what it stands for"
  done
  while read -r -d '' sum file; do
    mode=644
    if [[ -x $file ]]; then mode=755; fi
    printf '%s %s %s\n' "$mode" "$sum" "$file"
  done < <(sha256sum --zero -- "$@")
  wait "$!"
}

inputs() {
  local found sorted
  settings
  cd "$root"
  found=$(paths)
  mapfile -t sorted < <(sort <<<"$found")
  files "${sorted[@]}"
}

mkdir -p "$(dirname "$list")"
inputs >"$list"
hash=$(sha256sum <"$list")
echo "export INPUTS_HASH=${hash%% *}"
