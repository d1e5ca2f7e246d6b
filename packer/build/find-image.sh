#!/usr/bin/env bash
# Prints the id of the image that a build may use in the place of a new one, or nothing: the newest of its kind, if it was
# baked from the same inputs. An older one would be shared, but pointers do not go back to it: after a revert, the image
# that was reverted would go on being the latest.
#
# usage: find-image.sh <image> <hash of its inputs>
set -euo pipefail
shopt -s inherit_errexit

image=${1:?usage: find-image.sh <image> <hash of its inputs>}
hash=${2:?usage: find-image.sh <image> <hash of its inputs>}

die() {
  echo "find-image: $*" >&2
  exit 1
}

# A disabled image is not available. Images that are retired or withdrawn still are, for those who ask for them.
answer=$(aws ec2 describe-images --owners self --output json --filters \
  'Name=state,Values=available' \
  'Name=tag:Project,Values=boundless-ami-factory' \
  'Name=tag:ManagedBy,Values=packer' \
  "Name=tag:Image,Values=$image") || die "EC2 does not say which images there are"

# Lines of id and hash, the newest last.
usable=$(jq -r --arg now "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" '
  [.Images[]
    | select((.DeprecationTime // "9999") > $now)
    | (.Tags | from_entries) as $tags
    | select($tags | has("Withdrawn") | not)
    | {CreationDate, ImageId, hash: $tags.InputsHash}]
  | sort_by(.CreationDate, .ImageId)[] | "\(.ImageId) \(.hash)"' <<<"$answer")

newest=${usable##*$'\n'}
if [[ $newest == *" $hash" ]]; then
  echo "${newest% *}"
elif [[ $usable$'\n' == *" $hash"$'\n'* ]]; then
  echo "find-image: an image of the same inputs is not used: ${newest% *} is newer, and would go on being the latest" >&2
fi
