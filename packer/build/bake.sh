#!/usr/bin/env bash
# Bakes one image with Packer, and leaves manifest.json, packer.log and the reports of the instance in a folder.
#
# usage: bake.sh <folder>
#
# IMAGE                   manager, prover or bento
# VERSION, BROKER_VERSION releases to install (resolve-version.sh)
# SOURCE_AMI, INPUTS_HASH what it is baked from (source-image.sh, inputs-hash.sh)
# SPOT                    false bakes on demand; true falls back to it
# INSTANCE_TYPE, or MANAGER_INSTANCE_TYPE and so on: instance to bake on
# PACKER_MINUTES          minutes after the start of the build at which Packer is interrupted, so that it cleans up
# ENVIRONMENT, SUBNET_ID, IAM_INSTANCE_PROFILE, IMAGE_KMS_ARN, IMAGE_WAIT_MINUTES, BROKER_SHA256,
# REQUIRE_VERIFIED_DOWNLOADS, ROOT_VOLUME_GIB, GPU_ROOT_VOLUME_GIB, AWS_REGION: variables of the templates
# What is not set, or empty, has the templates' default.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
templates=$(cd "$here/.." && pwd)
mkdir -p "${1:?usage: bake.sh <folder>}"
folder=$(cd "$1" && pwd)

log() {
  echo "bake: $*" >&2
}

die() {
  log "$@"
  exit 1
}

case ${IMAGE:-} in
  manager) type_variable=instance_type ;;
  prover | bento) type_variable=gpu_instance_type ;;
  *) die "IMAGE is '${IMAGE:-}'; use manager, prover or bento" ;;
esac
case ${SPOT:=true} in
  true | false) ;;
  *) die "SPOT is '$SPOT'; use true or false" ;;
esac
for needed in VERSION BROKER_VERSION SOURCE_AMI INPUTS_HASH; do
  [[ -n ${!needed:-} ]] || die "$needed is empty; a build finds it out before the bake: packer/buildspec.yml"
done
# Found out here, and not once an instance runs.
case $IMAGE:$BROKER_VERSION in
  prover:*) ;;
  *:v1.[01].* | *:v1.2.[01])
    [[ -n ${BROKER_SHA256:-} || ${REQUIRE_VERIFIED_DOWNLOADS:-true} == false ]] ||
      die "broker $BROKER_VERSION publishes no checksum; set BROKER_SHA256 to one that you trust (build.brokerSha256 in config/ops.ts), or take v1.2.2"
    ;;
esac
own_type=${IMAGE^^}_INSTANCE_TYPE
build_id=${CODEBUILD_BUILD_ID:-local-$(date +%s)-$$}

variables=()
variable() {
  if [[ -n $2 ]]; then variables+=(-var "$1=$2"); fi
}
variable aws_region "${AWS_REGION:-}"
variable boundless_version "$VERSION"
variable broker_version "$BROKER_VERSION"
variable broker_sha256 "${BROKER_SHA256:-}"
variable require_verified_downloads "${REQUIRE_VERIFIED_DOWNLOADS:-}"
variable environment "${ENVIRONMENT:-}"
variable source_ami "$SOURCE_AMI"
variable kms_key_id "${IMAGE_KMS_ARN:-}"
variable subnet_id "${SUBNET_ID:-}"
variable iam_instance_profile "${IAM_INSTANCE_PROFILE:-}"
variable "$type_variable" "${INSTANCE_TYPE:-${!own_type:-}}"
variable root_volume_gib "${ROOT_VOLUME_GIB:-}"
variable gpu_root_volume_gib "${GPU_ROOT_VOLUME_GIB:-}"
variable image_wait_minutes "${IMAGE_WAIT_MINUTES:-}"
variable git_commit "${CODEBUILD_RESOLVED_SOURCE_VERSION:-}"
variable build_id "$build_id"
variable inputs_hash "$INPUTS_HASH"
variable manifest_path "$folder/manifest.json"
variable report_dir "$folder"

# Seconds that Packer may take; 0, which is no limit, outside CodeBuild.
seconds_left() {
  if [[ -z ${PACKER_MINUTES:-} || -z ${CODEBUILD_START_TIME:-} ]]; then
    echo 0
    return
  fi
  # CodeBuild's time is in milliseconds.
  local left=$((CODEBUILD_START_TIME / 1000 + PACKER_MINUTES * 60 - $(date +%s)))
  ((left > 0)) || die "no time is left of the $PACKER_MINUTES minutes that Packer has; raise build.timeoutMinutes in config/ops.ts"
  echo "$left"
}

# An interrupt lets Packer remove its instance, which CodeBuild's own limit would leave behind. Sets out_of_time.
# run_packer <spot>
run_packer() {
  local left code=0
  left=$(seconds_left) || exit
  timeout --signal=INT --kill-after=300 "$left" packer build -color=false -timestamp-ui -only="$IMAGE.*" \
    "${variables[@]}" -var "spot=$1" "$templates" 2>&1 | tee "$folder/packer.log" || code=$?
  out_of_time=$((left > 0 && (code == 124 || code == 137)))
  return "$code"
}

# Runs Packer, and looks at EC2 afterwards, whatever Packer did. Sets spot_failure.
# attempt <spot>
attempt() {
  local code=0 left
  spot_failure=
  run_packer "$1" || code=$?
  if ((code == 0)); then
    "$here/end-leftovers.sh" "$build_id" instances || log "the image was made anyway"
    return 0
  fi
  "$here/failure-cause.sh" "$folder/packer.log"
  if ((!out_of_time)) && left=$(seconds_left) && FINISH_SECONDS=$left "$here/finish-image.sh" "$folder" "$build_id"; then
    code=0
  elif [[ $1 == true ]]; then
    spot_failure=$("$here/spot-failure.sh" "$folder/packer.log" "$build_id") || spot_failure=
  fi
  "$here/end-leftovers.sh" "$build_id" || log "something of $build_id is left in EC2; the lines above name it"
  ((!out_of_time)) ||
    die "Packer took longer than the $PACKER_MINUTES minutes that it has, and was stopped; raise build.timeoutMinutes in config/ops.ts"
  return "$code"
}

rm -f "$folder"/{manifest.json,finished.json,packer.log,packer-spot.log,report.json,inventory.json}
code=0
attempt "$SPOT" || code=$?
if ((code != 0)) && [[ -n $spot_failure ]]; then
  mv "$folder/packer.log" "$folder/packer-spot.log"
  log "the bake on spot capacity failed ($spot_failure); trying again on demand"
  code=0
  attempt false || code=$?
fi
exit "$code"
