#!/usr/bin/env bash
# Prints why a bake on spot capacity failed, if the capacity was the cause: its price, its quota, or EC2 took the instance
# back; or if the cause is unknown, since the plugin crashed while it launched the instance. Ends with 1, and prints
# nothing, where the bake failed for another reason.
#
# usage: spot-failure.sh <Packer's output> <value of the instance's tag BuildId>
set -euo pipefail
shopt -s inherit_errexit

log=${1:?usage: spot-failure.sh <log> <build id>}
build_id=${2:?usage: spot-failure.sh <log> <build id>}

reasons=(
  # EC2 API Reference, "Error codes": no capacity, a price above the on-demand price, the quota of spot instances.
  InsufficientInstanceCapacity
  UnfulfillableCapacity
  SpotMaxPriceTooLow
  MaxSpotInstanceCountExceeded
  MaxSpotFleetRequestCountExceeded
  # The messages that come with them. Of a fleet that launched nothing Packer prints only these (packer#8740).
  'There is no Spot capacity available that matches your request'
  'We currently do not have sufficient [^ ]+ capacity'
  'Unable to fulfill capacity due to your request configuration'
  'lower than the minimum required Spot request fulfillment price'
  'Max spot instance count exceeded'
  # EC2 User Guide, "Find interrupted Spot Instances": state reasons of an instance that was taken back. Packer sees only
  # that it no longer answers.
  'Server\.SpotInstanceTermination'
  'Server\.SpotInstanceShutdown'
)

# Codes of fleets that launched nothing. An old fleet may be forgotten: its message is in the log all the same.
codes_of_fleets() {
  local fleets
  fleets=$(grep -oE 'fleet-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' "$log" | sort -u) || return 0
  # shellcheck disable=SC2086 # ids, one word each
  aws ec2 describe-fleets --fleet-ids $fleets --query 'Fleets[].Errors[].ErrorCode' --output text ||
    echo "spot-failure: EC2 does not report why $fleets launched nothing" >&2
}

# Ended instances are there to be asked for about an hour.
states_of_instances() {
  aws ec2 describe-instances --filters "Name=tag:BuildId,Values=$build_id" 'Name=instance-lifecycle,Values=spot' \
    --query 'Reservations[].Instances[].StateReason.Code' --output text ||
    echo "spot-failure: EC2 does not report why the instance ended" >&2
}

evidence=$(cat "$log" && codes_of_fleets && states_of_instances)
pattern=$(
  IFS='|'
  echo "${reasons[*]}"
)
if reason=$(grep -oE -m 1 "$pattern" <<<"$evidence"); then
  head -n 1 <<<"$reason"
elif grep -qE 'StepRunSpotInstance\)\.Run' "$log"; then
  # Any refusal of CreateFleet makes plugin 1.8.1 crash, and so does an instance that EC2 does not know right after its
  # launch (common/step_run_spot_instance.go): the stack is in the log, and EC2's code is not.
  echo 'unknown: the plugin crashed while it launched the instance'
else
  exit 1
fi
