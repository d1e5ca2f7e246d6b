# shellcheck shell=bash
# Units, the programs that run at boot, and the templates of what they write. Source it after common.sh.
readonly service_files=${here:?}/../service_files

# unit_role <unit>: which images have it. A new unit needs a place here.
unit_role() {
  case $1 in
    bento-prover*) echo prover ;;
    bento-manager* | bento-api* | bento-aux* | bento-broker* | bento-executor*) echo manager ;;
    bento-postgresql* | bento-valkey* | bento-migrate* | bento-queue* | bento-cleanup* | bento-smoke*) echo manager ;;
    bento-configure* | bento-drain* | bento-logs* | bento-refresh* | bento-replace* | bento-vector* | bento-data*) echo common ;;
    *) die "scripts/lib/units.sh does not list the images that have $1" ;;
  esac
}

# units_of_image: names of the units that this image has.
units_of_image() {
  local file role
  for file in "$service_files"/*.{service,target,timer,mount}; do
    [[ -e $file ]] || continue
    role=$(unit_role "${file##*/}")
    if [[ $role == common || $role == "$IMAGE" || $IMAGE == bento ]]; then echo "${file##*/}"; fi
  done
}

# runtime_paths <unit>: what it needs in this release while it runs, one a line: need and path.
runtime_paths() {
  local unit from need path
  while read -r unit from need path; do
    if [[ $unit == "$1" ]] && at_least "$from" "$VERSION"; then echo "$need $path"; fi
  done < <(grep --invert-match '^#' "${here:?}/runtime-paths.lst")
}

# drop_ins: what units share, below the folder of units.
drop_ins() {
  (cd "$service_files" && find . -path './bento-*.d/*.conf' -printf '%P\n' | sort)
}

# Nothing but these two starts by itself: bento-configure starts the target of the role, which is known at boot only, and
# then the timer of bento-refresh.
install_units() {
  local units unit file before=$changes
  for file in $(drop_ins); do
    put_folder "/etc/systemd/system/${file%/*}" root:root 755
    put_file "$service_files/$file" "/etc/systemd/system/$file" root:root 644
  done
  units=$(units_of_image)
  for unit in $units; do
    put_file "$service_files/$unit" "/etc/systemd/system/$unit" root:root 644
  done
  if ((changes > before)); then systemctl daemon-reload; fi
  for unit in bento-configure.service bento-drain.service; do
    if [[ ! -e /etc/systemd/system/$unit || $(systemctl is-enabled "$unit") == enabled ]]; then continue; fi
    systemctl enable "$unit"
    changed "enabled $unit"
  done
}

# Programs that git holds as executable stay so; all else of the folder is read.
install_boot_programs() {
  local file mode
  if [[ ! -d $here/boot ]]; then return 0; fi
  put_folder /usr/local/lib/boundless root:root 755
  while IFS= read -r -d '' file; do
    mode=644
    if [[ -x $here/boot/$file ]]; then mode=755; fi
    put_folder "$(dirname "/usr/local/lib/boundless/$file")" root:root 755
    put_file "$here/boot/$file" "/usr/local/lib/boundless/$file" root:root "$mode"
  done < <(cd "$here/boot" && find . -name __pycache__ -prune -o -type f -printf '%P\0' | sort --zero-terminated)
}

install_templates() {
  local file
  for file in "$service_files"/*.{yaml,conf}; do
    if [[ -e $file ]]; then put_file "$file" "/usr/local/share/boundless/${file##*/}" root:root 644; fi
  done
}

# mask_units <unit...>: what packages would start by themselves.
mask_units() {
  local unit
  for unit in "$@"; do
    if [[ $(systemctl is-enabled "$unit" 2>/dev/null) == masked ]]; then continue; fi
    systemctl mask --now "$unit"
    changed "masked $unit"
  done
}
