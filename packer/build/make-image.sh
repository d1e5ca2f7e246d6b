#!/usr/bin/env bash
# Makes the image of a build: finds one that was baked from the same inputs, or bakes it. Leaves in a folder:
#
#   image.env   what the build exports: AMI_ID and REUSED
#   image.json  the same as JSON, with what is inside
#
# and what bake.sh leaves there.
#
# usage: make-image.sh <folder>
#
# FORCE_BUILD  true bakes in any case
# What inputs-hash.sh and bake.sh take.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?usage: make-image.sh <folder>}

die() {
  echo "make-image: $*" >&2
  exit 1
}

case ${FORCE_BUILD:=false} in
  true | false) ;;
  *) die "FORCE_BUILD is '$FORCE_BUILD'; use true or false" ;;
esac

# The id comes from Packer's own record of this run: what it prints is for people. An image that was finished after
# Packer gave it up is in no record of Packer.
id_of_bake() {
  if [[ -e $folder/finished.json ]]; then
    jq -er --arg image "$IMAGE" 'select(.image == $image) | .amiId' "$folder/finished.json"
    return
  fi
  jq -er --arg image "$IMAGE" '
    .last_run_uuid as $run
    | [.builds[] | select(.packer_run_uuid == $run and .custom_data.image == $image) | .artifact_id | split(",")[] | split(":")[1]]
    | .[]' "$folder/manifest.json" || die "Packer's manifest names no image"
}

rm -f "$folder/image.env" "$folder/image.json"
reused=false
id=
if [[ $FORCE_BUILD == false ]]; then id=$("$here/find-image.sh" "$IMAGE" "$INPUTS_HASH"); fi
if [[ -n $id ]]; then
  reused=true
  echo "make-image: $id was baked from the same inputs, and is used again; FORCE_BUILD=true bakes again" >&2
else
  "$here/bake.sh" "$folder"
  id=$(id_of_bake)
fi
[[ $id =~ ^ami-[0-9a-f]{17}$ ]] || die "this is not the id of one image: '$id'"

jq -n --arg image "$IMAGE" --arg id "$id" --argjson reused "$reused" --arg version "$VERSION" \
  --arg broker "$BROKER_VERSION" --arg source "$SOURCE_AMI" --arg hash "$INPUTS_HASH" \
  '{image: $image, amiId: $id, reused: $reused, version: $version, brokerVersion: $broker, sourceAmi: $source, inputsHash: $hash}' \
  >"$folder/image.json"
printf 'export AMI_ID=%s\nexport REUSED=%s\n' "$id" "$reused" >"$folder/image.env"
