#!/usr/bin/env bash
# Prints the id of an image that was baked from the same inputs and may be used again, or nothing.
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
  "Name=tag:Image,Values=$image" \
  "Name=tag:InputsHash,Values=$hash") || die "EC2 does not say which images there are"

jq -r --arg now "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" '
  [.Images[]
    | select((.DeprecationTime // "9999") > $now)
    | select(any(.Tags[]; .Key == "Withdrawn") | not)]
  | sort_by(.CreationDate, .ImageId) | last | .ImageId // empty' <<<"$answer"
