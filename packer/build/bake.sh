#!/usr/bin/env bash
# Bakes one image and writes its id where the build exports it from:
#
#   $ IMAGE=manager VERSION=v1.2.2 BROKER_VERSION=v1.2.2 bake.sh image.env && cat image.env
#   export AMI_ID=ami-0123456789abcdef0
#
# usage: bake.sh <file to write>
#
# IMAGE                   manager, prover or bento
# VERSION, BROKER_VERSION releases to install (resolve-version.sh)
# INSTANCE_TYPE, or MANAGER_INSTANCE_TYPE and so on: machine to bake on
# ENVIRONMENT, SPOT, SUBNET_ID, IAM_INSTANCE_PROFILE, BROKER_SHA256, AWS_REGION: variables of the templates
# What is not set, or empty, has the templates' default.
set -euo pipefail

output=${1:?usage: bake.sh <file to write>}
templates=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
  echo "bake: $*" >&2
  exit 1
}

case ${IMAGE:-} in
  manager) type_variable=instance_type ;;
  prover | bento) type_variable=gpu_instance_type ;;
  *) die "IMAGE is '${IMAGE:-}'; use manager, prover or bento" ;;
esac
[[ -n ${VERSION:-} && -n ${BROKER_VERSION:-} ]] || die "VERSION and BROKER_VERSION say what to install; resolve-version.sh finds them"
own_type=${IMAGE^^}_INSTANCE_TYPE

rm -f "$output"
mkdir -p "$(dirname "$output")"
manifest=$(cd "$(dirname "$output")" && pwd)/manifest.json
rm -f "$manifest"

variables=()
variable() {
  if [[ -n $2 ]]; then variables+=(-var "$1=$2"); fi
}
variable aws_region "${AWS_REGION:-}"
variable boundless_version "$VERSION"
variable broker_version "$BROKER_VERSION"
variable broker_sha256 "${BROKER_SHA256:-}"
variable environment "${ENVIRONMENT:-}"
variable spot "${SPOT:-}"
variable subnet_id "${SUBNET_ID:-}"
variable iam_instance_profile "${IAM_INSTANCE_PROFILE:-}"
variable "$type_variable" "${INSTANCE_TYPE:-${!own_type:-}}"
variable git_commit "${CODEBUILD_RESOLVED_SOURCE_VERSION:-}"
variable build_id "${CODEBUILD_BUILD_ID:-}"
variable manifest_path "$manifest"

packer init "$templates"
packer fmt -check -diff "$templates"
packer validate "${variables[@]}" "$templates"
packer build -color=false -timestamp-ui -only="$IMAGE.*" "${variables[@]}" "$templates"

# The id comes from Packer's own record of this run: what it prints is for people.
ids=$(jq -er --arg image "$IMAGE" '
  .last_run_uuid as $run
  | [.builds[] | select(.packer_run_uuid == $run and .custom_data.image == $image) | .artifact_id | split(",")[] | split(":")[1]]
  | .[]' "$manifest") || die "Packer's manifest names no image"
[[ $ids =~ ^ami-[0-9a-f]{17}$ ]] || die "Packer's manifest does not name one image: '$ids'"
echo "export AMI_ID=$ids" >"$output"
echo "baked $ids"
