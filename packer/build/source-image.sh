#!/usr/bin/env bash
# Prints the image that a build starts from, as a line for a shell: the newest that source.pkr.hcl would find. It is found
# once, before the build, so that the hash of the inputs and Packer mean the same image.
#
#   $ source-image.sh
#   export SOURCE_AMI=ami-0123456789abcdef0
set -euo pipefail

# As in source.pkr.hcl; a test compares them.
owner=099720109477
filters=(
  'Name=name,Values=ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*'
  'Name=architecture,Values=x86_64'
  'Name=virtualization-type,Values=hvm'
  'Name=root-device-type,Values=ebs'
)

die() {
  echo "source-image: $*" >&2
  exit 1
}

# Two of one second would be as good as each other; the id decides, so that the answer is always the same.
image=$(aws ec2 describe-images --owners "$owner" --filters "${filters[@]}" 'Name=state,Values=available' \
  --query 'sort_by(sort_by(Images, &ImageId), &CreationDate)[-1].ImageId' --output text) ||
  die "EC2 does not list the images of Canonical"
[[ $image =~ ^ami-[0-9a-f]{17}$ ]] || die "Canonical has no image ${filters[0]#*Values=} in this region"

echo "source-image: $image" >&2
echo "export SOURCE_AMI=$image"
