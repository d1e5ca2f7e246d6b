# shellcheck shell=bash
# What the scripts of the bake have in common. Source it after `set -euo pipefail`.

log() {
  printf '%s %s: %s\n' "$(date -u +%H:%M:%S)" "${0##*/}" "$*" >&2
}

die() {
  log "error: $*"
  exit 1
}

# How much a run changed: running a script again must report that nothing was left to do.
changes=0
changed() {
  changes=$((changes + 1))
  log "changed: $*"
}

report_changes() {
  if ((changes == 0)); then log "nothing to change"; else log "done: $changes changes"; fi
}

require_root() {
  [[ $(id -u) -eq 0 ]] || die "this changes the system: run it as root"
}

# Which image is being made decides what it gets.
require_image() {
  case ${IMAGE:-} in
    manager | prover | bento) ;;
    *) die "IMAGE is '${IMAGE:-}'; use manager, prover or bento" ;;
  esac
}

# retry <tries> <seconds between> <command...>
retry() {
  local tries=$1 pause=$2 try
  shift 2
  for ((try = 1; try <= tries; try++)); do
    if "$@"; then return 0; fi
    log "try $try of $tries failed: $*"
    if ((try < tries)); then sleep "$pause"; fi
  done
  return 1
}

# Whether a version is at least another one: at_least v1.2.2 v1.2.10
at_least() {
  [[ $(printf '%s\n%s\n' "$1" "$2" | sort --version-sort | head -n 1) == "$1" ]]
}

# require_space <folder> <MiB> <what for>: a full disk in the middle of an installation fails with another error.
require_space() {
  local folder=$1 needed=$2 available
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  available=$(df --block-size=1M --output=avail "$folder" | tail -n 1)
  ((available >= needed)) || die "$3 needs $needed MiB on $folder, and ${available//[[:space:]]/} MiB are available"
}

# same_file <file> <owner:group> <mode> <file with the content that it should have>
same_file() {
  [[ -f $1 && ! -L $1 && $(stat --format %U:%G:%a "$1") == "$2:$3" ]] && cmp --silent "$1" "$4"
}

# put_file <source> <target> <owner:group> <mode>: whole or not at all, and only where it is not so already.
put_file() {
  local source=$1 target=$2 owner=$3 mode=$4
  if same_file "$target" "$owner" "$mode" "$source"; then return 0; fi
  install -D -o "${owner%:*}" -g "${owner#*:}" -m "$mode" "$source" "$target.new"
  mv -fT "$target.new" "$target"
  changed "$target"
}

# put_text <target>: standard input as a file of root that everybody may read.
put_text() {
  local text
  text=$(mktemp)
  cat >"$text"
  put_file "$text" "$1" root:root 644
  rm -f "$text"
}

# put_folder <folder> <owner:group> <mode>
put_folder() {
  if [[ -d $1 && $(stat --format %U:%G:%a "$1") == "$2:$3" ]]; then return 0; fi
  install -d -o "${2%:*}" -g "${2#*:}" -m "$3" "$1"
  changed "$1"
}

# put_link <target> <link>
put_link() {
  if [[ $(readlink "$2") == "$1" ]]; then return 0; fi
  mkdir -p "$(dirname "$2")"
  ln -sfnT "$1" "$2"
  changed "$2"
}

# put_user <name> <home>: for services: no login, no password, no sudo.
put_user() {
  if getent passwd "$1" >/dev/null; then return 0; fi
  useradd --system --user-group --home-dir "$2" --no-create-home --shell /usr/sbin/nologin "$1"
  changed "user $1"
}
