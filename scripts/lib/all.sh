# shellcheck shell=bash
# All libraries, in the order in which they need each other.
# shellcheck source=scripts/lib/common.sh
. "${here:?}/lib/common.sh"
# shellcheck source=scripts/lib/locks.sh
. "$here/lib/locks.sh"
# shellcheck source=scripts/lib/release.sh
. "$here/lib/release.sh"
# shellcheck source=scripts/lib/fetch.sh
. "$here/lib/fetch.sh"
# shellcheck source=scripts/lib/apt.sh
. "$here/lib/apt.sh"
# shellcheck source=scripts/lib/system.sh
. "$here/lib/system.sh"
# shellcheck source=scripts/lib/units.sh
. "$here/lib/units.sh"
# shellcheck source=scripts/lib/artifacts.sh
. "$here/lib/artifacts.sh"
