#!/usr/bin/env bash
# Prints the id of the image that a build may use in the place of a new one, or nothing: the newest of its kind, if it was
# baked from the same inputs. An older one would be shared, but pointers do not go back to it: after a revert, the image
# that was reverted would go on being the latest.
#
# Tags only name the image to check, since anyone who may tag can write them. The image is used again if CodeBuild's own
# record of the build that its tag names holds that the build succeeded, and exported this image and these inputs.
#
# usage: find-image.sh <image> <hash of its inputs>
#
# CODEBUILD_BUILD_ID  id of the running build, which starts with the project's name (default packer-build-project)
set -euo pipefail
shopt -s inherit_errexit

image=${1:?usage: find-image.sh <image> <hash of its inputs>}
hash=${2:?usage: find-image.sh <image> <hash of its inputs>}
project=${CODEBUILD_BUILD_ID:-packer-build-project}
project=${project%%:*}

log() {
  echo "find-image: $*" >&2
}

die() {
  log "$@"
  exit 1
}

# A disabled image is not available. Images that are retired or withdrawn still are, for those who ask for them.
answer=$(aws ec2 describe-images --owners self --output json --filters \
  'Name=state,Values=available' \
  'Name=tag:Project,Values=boundless-ami-factory' \
  'Name=tag:ManagedBy,Values=packer' \
  "Name=tag:Image,Values=$image") || die "EC2 does not list the images of this account"

# Lines of id, hash and build, the newest last. Version and InputsHash are set last: an image without them is one that a
# build was interrupted at.
usable=$(jq -r --arg now "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" '
  [.Images[]
    | select((.DeprecationTime // "9999") > $now)
    | (.Tags | from_entries) as $tags
    | select($tags | has("Withdrawn") | not)
    | select($tags | has("Version") and has("InputsHash"))
    | {CreationDate, ImageId, hash: $tags.InputsHash, build: ($tags.BuildId // "none")}]
  | sort_by(.CreationDate, .ImageId)[] | "\(.ImageId) \(.hash) \(.build)"' <<<"$answer")

# Whether the record of a build holds that it made an image from these inputs. CodeBuild keeps records for a year.
# is_recorded <build> <image id>
is_recorded() {
  local record
  [[ $1 == "$project":* ]] || return 1
  record=$(aws codebuild batch-get-builds --ids "$1" --output json) || die "CodeBuild does not answer for $1"
  jq -e --arg id "$2" --arg hash "$hash" '
    any(.builds[];
      ([.exportedEnvironmentVariables[]? | {(.name): .value}] | add) as $exported
      | .buildStatus == "SUCCEEDED" and $exported.AMI_ID == $id and $exported.INPUTS_HASH == $hash)' <<<"$record" >/dev/null
}

[[ -n $usable ]] || exit 0
read -r id its_hash build < <(tail -n 1 <<<"$usable")
if [[ $its_hash == "$hash" ]]; then
  if is_recorded "$build" "$id"; then
    echo "$id"
  else
    log "$id is not used again: no build of $project that succeeded exported it and these inputs (its tag BuildId: $build)"
  fi
elif [[ $usable$'\n' == *" $hash "* ]]; then
  log "an image of the same inputs is not used: $id is newer, and would go on being the latest"
fi
