#!/usr/bin/env bash
# Finishes the image of a bake that Packer gave up after EC2 had begun to make it, since then everything was installed and
# verified: one answer that does not know the new image yet ends Packer. Leaves finished.json with the image's id. Ends
# with 1 where there is nothing to finish, or it cannot be finished, and names the image that is left.
#
# usage: finish-image.sh <folder> <build id>
#
# <folder>/packer.log                                      Packer's output, if there is any
# IMAGE, VERSION, BROKER_VERSION, SOURCE_AMI, INPUTS_HASH  what was baked
# IMAGE_WAIT_MINUTES                                       how long EC2 may take (default 60)
# FINISH_SECONDS                                           how long all of it may take; 0, the default, is no limit
# FINISH_PAUSE                                             seconds between looks and tries (default 15)
set -euo pipefail
shopt -s inherit_errexit

folder=${1:?usage: finish-image.sh <folder> <build id>}
build_id=${2:?usage: finish-image.sh <folder> <build id>}
pause=${FINISH_PAUSE:-15}

log() {
  echo "finish-image: $*" >&2
}

die() {
  log "$@"
  exit 1
}

# left <image id>
left() {
  echo "$1 is left, and never used or shared; to remove it: aws ec2 deregister-image --delete-associated-snapshots --image-id $1"
}

limit=$((${IMAGE_WAIT_MINUTES:-60} * 60))
if ((${FINISH_SECONDS:=0} > 0 && FINISH_SECONDS < limit)); then limit=$FINISH_SECONDS; fi
deadline=$((SECONDS + limit))

# What Packer prints once CreateImage has answered (`step_create_ami.go` of the amazon plugin). EC2 may not show that image
# for 2.5 minutes; where Packer printed none, one look is enough. Whether an image is taken is not a matter of the log.
announced=$(grep -oE 'AMI: ami-[0-9a-f]{17}$' "$folder/packer.log" 2>/dev/null | tail -n 1) || true
announced=${announced#AMI: }
looks=1
if [[ -n $announced ]]; then looks=12; fi

for ((look = 1; look <= looks; look++)); do
  ((look == 1)) || sleep "$pause"
  # As Packer tags it from the first moment on: by the tags of the build, and not yet those of the image.
  answer=$(aws ec2 describe-images --owners self --output json --filters "Name=tag:BuildId,Values=$build_id" "Name=tag:Image,Values=$IMAGE") ||
    die "EC2 does not report whether $build_id made an image${announced:+. If it did, $(left "$announced")}"
  read -r count id name state < <(jq -r '"\(.Images | length) \(.Images[0].ImageId) \(.Images[0].Name) \(.Images[0].State)"' <<<"$answer")
  ((count == 0 && SECONDS < deadline)) || break
done
if ((count == 0)); then
  [[ -z $announced ]] || die "EC2 does not show the image that it had begun to make. If it does later, $(left "$announced")"
  exit 1
fi
((count == 1)) || die "$build_id made $count images, of which none is used"

# Tries a call again while EC2 does not know the image everywhere, or is busy; a refusal is final.
# again <command...>
again() {
  local try error
  for ((try = 1; try <= 8; try++)); do
    if error=$(aws ec2 "$@" 2>&1 >/dev/null); then return 0; fi
    [[ $error != *UnauthorizedOperation* && $error != *AccessDenied* ]] || break
    sleep "$pause"
  done
  die "$1 failed: $error. $(left "$id")"
}

while [[ $state != available ]]; do
  [[ $state == pending ]] || die "$id is $state. $(left "$id")"
  ((SECONDS < deadline)) || die "$id is pending for too long. $(left "$id")"
  sleep "$pause"
  answer=$(aws ec2 describe-images --owners self --image-ids "$id" --output json) || continue
  state=$(jq -r '.Images[0].State // "pending"' <<<"$answer")
done

snapshots=$(jq -r '[.Images[0].BlockDeviceMappings[].Ebs.SnapshotId // empty] | join(" ")' <<<"$answer")
# The role may only tag what it tags as its own: ManagedBy is set again.
tags=("Key=ManagedBy,Value=packer" "Key=Name,Value=$name" "Key=Version,Value=$VERSION"
  "Key=BrokerVersion,Value=$BROKER_VERSION" "Key=InputsHash,Value=$INPUTS_HASH" "Key=SourceAmi,Value=$SOURCE_AMI")
# shellcheck disable=SC2086 # ids, one word each
again create-tags --resources $snapshots "$id" --tags "${tags[@]}"
jq -n --arg image "$IMAGE" --arg id "$id" '{image: $image, amiId: $id}' >"$folder/finished.json"
log "$id was complete but for its tags, and is finished"
