# shellcheck shell=bash
# Packages. Source it after common.sh, locks.sh and fetch.sh.
#
# APT_LOCK_SECONDS  how long apt waits for the process that holds dpkg's lock
# APT_RETRIES       how often apt itself asks a mirror again
# APT_TRIES, APT_PAUSE  how often apt is started, and the seconds between

readonly apt_tries=${APT_TRIES:-5} apt_pause=${APT_PAUSE:-15}

# Updates that Ubuntu gives to some instances first would make images differ; configuration files stay as they are.
readonly apt_options=(
  -o "DPkg::Lock::Timeout=${APT_LOCK_SECONDS:-600}" -o "Acquire::Retries=${APT_RETRIES:-3}" -o APT::Update::Error-Mode=any
  -o APT::Get::Never-Include-Phased-Updates=true -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
)

# apt_get <arguments...>: what it prints is for people, and no result.
apt_get() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --yes --quiet "${apt_options[@]}" "$@" >&2
}

# Mirrors fail, or are in the middle of an update: with fresh lists, most answer the next time. apt does not wait for
# the lock of the lists; this does.
apt_with_retries() {
  local try
  for ((try = 1; try <= apt_tries; try++)); do
    if { [[ $1 == update ]] || ((try == 1)) || apt_get update; } && apt_get "$@"; then return 0; fi
    log "try $try of $apt_tries failed: apt-get $*"
    if ((try < apt_tries)); then sleep "$apt_pause"; fi
  done
  die "apt-get $* failed $apt_tries times"
}

# A run that was interrupted may have left packages half installed; apt refuses all work until they are configured.
repair_packages() {
  if [[ -z $(dpkg --audit) && -z $(find /var/lib/dpkg/updates -type f) ]]; then return 0; fi
  retry "$apt_tries" "$apt_pause" dpkg --configure -a >&2
  apt_with_retries --fix-broken install
  changed "packages that an interrupted run had left"
}

# With what the newer kernels depend on: the image gets the kernel's security fixes, and the reboot proves them.
upgrade_packages() {
  local pending
  pending=$(apt-get --simulate "${apt_options[@]}" --with-new-pkgs upgrade | awk '$1 == "Inst" { print $2 }')
  if [[ -z $pending ]]; then return 0; fi
  apt_with_retries --with-new-pkgs upgrade
  # shellcheck disable=SC2086 # one name a line
  changed upgraded $pending
}

# installed_version <package>: nothing where it is not installed.
installed_version() {
  dpkg-query --show --showformat '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | awk '$1 == "installed" { print $2 }'
}

# install_packages <package or package=version...>
install_packages() {
  local wanted missing=()
  for wanted in "$@"; do
    case $wanted in
      *=*) [[ $(installed_version "${wanted%%=*}") == "${wanted#*=}" ]] || missing+=("$wanted") ;;
      *) [[ -n $(installed_version "$wanted") ]] || missing+=("$wanted") ;;
    esac
  done
  if ((${#missing[@]} == 0)); then return 0; fi
  apt_with_retries install --no-install-recommends "${missing[@]}"
  changed "packages ${missing[*]}"
}

# installed_packages <extended regular expression>: names, sorted.
installed_packages() {
  dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' |
    awk -v pattern="^($1)\$" '$1 == "installed" && $2 ~ pattern { print $2 }' | sort --unique
}

# hold_packages <extended regular expression>: what updates on running instances leave alone.
hold_packages() {
  local free
  free=$(comm -23 <(installed_packages "$1") <(apt-mark showhold | sort))
  if [[ -z $free ]]; then return 0; fi
  # shellcheck disable=SC2086 # one name a line
  apt-mark hold $free >&2
  changed "held" $free
}

# signing_keys <file>: fingerprints of the primary keys of a key file, one a line.
signing_keys() {
  gpg --homedir "$(dirname "$1")" --batch --quiet --show-keys --with-colons "$1" |
    awk -F : '$1 == "pub" || $1 == "sub" { kind = $1 } $1 == "fpr" && kind == "pub" { print $10 }'
}

# add_repository <name>: of repositories.lock. Its packages are trusted by its keys alone, and those by fingerprint.
add_repository() {
  local name=$1 address fingerprints line keyring=/usr/share/keyrings/boundless-$1.gpg work found other
  local list=/etc/apt/sources.list.d/boundless-$1.list
  read -r address fingerprints line < <(repository "$name")
  line="deb [arch=amd64 signed-by=$keyring] $line"
  if is_installed "$name-keyring" "$fingerprints" "$address" "" "$keyring" && [[ $(cat "$list") == "$line" ]]; then
    return 0
  fi
  work=$(scratch "$name-keyring")
  download "$address" "$work/key" || die "the signing key of $name cannot be fetched"
  found=$(signing_keys "$work/key") || die "what $address sends is no key"
  other=$(grep --invert-match --line-regexp --fixed-strings "${fingerprints//,/$'\n'}" <<<"$found" || true)
  [[ -z $other ]] || die "$address has keys that repositories.lock does not name: ${other//$'\n'/, }"
  gpg --homedir "$work" --batch --yes --dearmor --output "$work/keyring" "$work/key"
  put_file "$work/keyring" "$keyring" root:root 644
  put_text "$list" <<<"$line"
  apt_with_retries update
  record_artifact "$name-keyring" "$fingerprints" "$address" "$(sha256_of "$work/key")" signed-repository
  rm -rf "$work"
}

# record_package <package>: where apt got it from, and the hash that the signed index gives it.
record_package() {
  local version index
  version=$(installed_version "$1")
  index=$(apt-cache show --no-all-versions "$1=$version")
  record_artifact "$1" "$version" "$(apt-get --quiet --print-uris download "$1=$version" 2>/dev/null | cut -d "'" -f 2)" \
    "$(awk '$1 == "SHA256:" { print $2 }' <<<"$index")" signed-repository
}
