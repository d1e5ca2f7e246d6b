# shellcheck shell=bash
# Tries what services do at run time, as their users and in their sandboxes: a test as root hides what they may not do.
# Source it after checks.sh, units.sh and release.sh.
readonly sandbox_folder=/run/boundless-sandbox

# sandbox_unit <file of a unit> <command>: the same user, folders, devices and powers, for one command.
sandbox_unit() {
  local kept='User|Group|SupplementaryGroups|DynamicUser|Environment|(State|Runtime|Cache|Logs)Directory(Mode)?|WorkingDirectory'
  kept+='|(Protect|Private|Restrict|IPAddress|ReadWrite|ReadOnly|Inaccessible|SystemCall|Capability|Ambient|Device|Lock|Memory|NoNew)[A-Za-z]*|UMask'
  echo '[Service]'
  grep --extended-regexp "^($kept)=" "$1"
  printf '%s\n' Type=oneshot TimeoutStartSec=2min "ExecStart=$2" "StandardOutput=file:$sandbox_folder/output" \
    "StandardError=file:$sandbox_folder/output"
}

# in_sandbox <unit, with an instance where it is a template> <command>: prints what the command prints.
in_sandbox() {
  local unit=$1 file instance='' name code=0
  # Its folders are removed afterwards: only where no service has filled them.
  [[ -e $updates_paused ]] || die "this instance is not being baked: its services have their folders in use"
  if [[ $unit == *@* ]]; then instance=@${unit#*@}; fi
  file=/etc/systemd/system/${unit%%@*}${instance:+@}.service
  # The prefix has the settings that all units share.
  name=${unit%%@*}
  name=bento-sandbox-${name#bento-}
  install -d -m 0755 "$sandbox_folder"
  sandbox_unit "$file" "$2" >"/run/systemd/system/$name${instance:+@}.service"
  : >"$sandbox_folder/output"
  systemctl daemon-reload
  systemctl start "$name$instance.service" >/dev/null 2>&1 || code=$?
  cat "$sandbox_folder/output"
  if ((code != 0)) && [[ ! -s $sandbox_folder/output ]]; then
    systemctl status --no-pager "$name$instance.service" || true
  fi
  systemctl clean --what=all "$name$instance.service" >/dev/null 2>&1 || true
  rm -f "/run/systemd/system/$name${instance:+@}.service"
  systemctl daemon-reload
  return "$code"
}

write_sandbox_program() {
  install -d -m 0755 "$sandbox_folder"
  cat >"$sandbox_folder/try" <<'PROGRAM'
#!/usr/bin/env bash
# try <list>: each line a need and a path; names all that are not met.
failed=0
refuse() {
  echo "$1"
  failed=1
}
while read -r need path; do
  case $need in
    exists) [[ -e $path ]] || refuse "$path is missing, and $(id -un) cannot make it" ;;
    reads) { : <"$path"; } 2>/dev/null || refuse "$(id -un) cannot read $path" ;;
    writes)
      file=$(mktemp "$path/.try-XXXXXX" 2>&1) && rm -f "$file" || refuse "$(id -un) cannot write in $path: $file"
      ;;
    *) refuse "the need '$need' of $path is unknown" ;;
  esac
done <"$1"
exit "$failed"
PROGRAM
  chmod 0755 "$sandbox_folder/try"
}

# check_runtime_paths: every unit of this image that has run-time paths, each in its sandbox.
check_runtime_paths() {
  local unit units findings failed=0 count=0
  units=$(awk '!/^#/ { print $1 }' "$here/runtime-paths.lst" | sort --unique)
  write_sandbox_program
  for unit in $units; do
    if ! grep --quiet --line-regexp --fixed-strings "${unit%%@*}$([[ $unit != *@* ]] || echo @).service" < <(units_of_image); then
      continue
    fi
    runtime_paths "$unit" >"$sandbox_folder/list"
    chmod 0644 "$sandbox_folder/list"
    findings=$(in_sandbox "$unit" "$sandbox_folder/try $sandbox_folder/list") || {
      echo "$unit: ${findings//$'\n'/, }"
      failed=1
    }
    count=$((count + 1))
  done
  rm -rf "$sandbox_folder"
  if ((failed == 0)); then echo "$count services in their sandboxes"; fi
  return "$failed"
}
