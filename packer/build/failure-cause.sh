#!/usr/bin/env bash
# Prints why Packer failed. Packer's own summary names its last error, which may be one of its clean-up: after CreateImage
# that it could not deregister the image, which the build's role may not. The real cause stands above the clean-up.
#
# usage: failure-cause.sh <Packer's output>
set -euo pipefail

log=${1:?usage: failure-cause.sh <log>}

# Lines of Packer begin with a time and `==> <build>: `; the first of these begins the clean-up (steps of the amazon plugin).
cleanup='Deregistering the AMI and deleting|Terminating the source AWS instance|Cleaning up any extra volumes|No volumes to clean up|Deleting temporary (security group|keypair)|Provisioning step had errors'
cause=$(grep -oE -m 1 'panic: .*' "$log") ||
  cause=$(awk -v cleanup=": ($cleanup)" '
    $0 ~ cleanup { exit }
    sub(/^.*==> [^ ]+: /, "") && /^[Ee]rror|[Ee]rror (waiting|modify|adding)/ { last = $0 }
    END { print last }' "$log")
[[ -n $cause ]] || cause=$(sed -nE "s/^.*Build '[^']+' errored after [^:]*: //p" "$log" | head -n 1)
[[ -z $cause ]] || echo "bake: Packer failed: $cause" >&2
