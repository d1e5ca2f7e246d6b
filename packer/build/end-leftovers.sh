#!/usr/bin/env bash
# Ends and removes what Packer left of a build, by its tag BuildId: instances, launch templates, key pairs and security
# groups. Packer removes them itself, but a crash of its plugin leaves them (a running instance where EC2 did not know it
# right after the fleet had launched it), and a spot instance ignores `shutdown_behavior`. Images stay: the build's role
# may not delete them.
#
# usage: end-leftovers.sh <build id> [instances]
#
# instances       looks for instances only, once: what else a successful bake may leave costs nothing
# LEFTOVER_PAUSE  seconds between the three looks for instances (default 10): EC2 may show a new one late
set -euo pipefail
shopt -s inherit_errexit

build_id=${1:?usage: end-leftovers.sh <build id> [instances]}
looks=3
if [[ ${2:-} == instances ]]; then looks=1; fi
of_build="Name=tag:BuildId,Values=$build_id"
code=0

log() {
  echo "end-leftovers: $*" >&2
}

failed() {
  log "$@"
  code=1
}

# Ids of instances that run, or may again.
instances() {
  aws ec2 describe-instances --filters "$of_build" 'Name=instance-state-name,Values=pending,running,stopping,stopped' \
    --query 'Reservations[].Instances[].InstanceId' --output text
}

# Removes one resource. A refusal is reported, and does not keep the others from being removed.
# remove <what it is> <id> <command...>
remove() {
  local what=$1 id=$2
  shift 2
  if aws ec2 "$@" "$id" >/dev/null; then log "removed the $what $id"; else failed "the $what $id stays; remove it by hand"; fi
}

for ((look = 1; look <= looks; look++)); do
  ((look == 1)) || sleep "${LEFTOVER_PAUSE:-10}"
  if ! left=$(instances); then
    failed "EC2 does not list the running instances of $build_id; see docs/building.md, \"What a build that was stopped leaves behind\""
    break
  fi
  [[ -n $left ]] || continue
  # shellcheck disable=SC2086 # ids, one word each
  if aws ec2 terminate-instances --instance-ids $left >/dev/null && aws ec2 wait instance-terminated --instance-ids $left; then
    log "ended instances that Packer left: $left"
  else
    failed "instances stay: $left; end them by hand: aws ec2 terminate-instances --instance-ids $left"
  fi
  break
done
if ((looks == 1)); then exit "$code"; fi

# A security group can go once no instance uses it.
templates=$(aws ec2 describe-launch-templates --filters "$of_build" --query 'LaunchTemplates[].LaunchTemplateId' --output text) ||
  failed "EC2 does not list the launch templates of $build_id"
for template in ${templates:-}; do remove 'launch template' "$template" delete-launch-template --launch-template-id; done
keys=$(aws ec2 describe-key-pairs --filters "$of_build" --query 'KeyPairs[].KeyName' --output text) ||
  failed "EC2 does not list the key pairs of $build_id"
for key in ${keys:-}; do remove 'key pair' "$key" delete-key-pair --key-name; done
groups=$(aws ec2 describe-security-groups --filters "$of_build" --query 'SecurityGroups[].GroupId' --output text) ||
  failed "EC2 does not list the security groups of $build_id"
for group in ${groups:-}; do remove 'security group' "$group" delete-security-group --group-id; done
exit "$code"
