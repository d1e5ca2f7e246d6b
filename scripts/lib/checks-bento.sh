# shellcheck shell=bash
# What is ours on the instance: programs, users, folders, units. Source it after checks.sh.

check_release() {
  jq --exit-status --arg image "$IMAGE" '.image == $image and (.artifacts | length > 0) and
    all(.artifacts[]; (.sha256 | test("^[0-9a-f]{64}$")) and
      (.verified | IN("published", "lock", "given", "signed-repository", "unverified")))' "$release_file" >/dev/null ||
    {
      jq --compact-output . "$release_file"
      return 1
    }
  expect "$(stat --format %U:%G:%a "$release_file")" root:root:644 "$release_file"
  jq --raw-output '.artifacts | map("\(.name) \(.version) \(.verified)") | join(", ")' "$release_file"
}

check_users() {
  local name groups
  for name in bento bento-replace $([[ $IMAGE == prover ]] || echo valkey bento-queue bento-smoke); do
    expect "$(getent passwd "$name" | cut -d : -f 7)" /usr/sbin/nologin "shell of $name"
    groups=$(id --name --groups "$name" | tr ' ' '\n' | grep --line-regexp --extended-regexp 'sudo|root|adm|admin|lxd' || true)
    expect_nothing "$groups" "$name is in groups with power"
  done
}

check_folders() {
  expect "$(stat --format %U:%G:%a /etc/bento)" root:bento:750 /etc/bento
  expect "$(stat --format %U:%G:%a /var/lib/bento)" bento:bento:750 /var/lib/bento
  expect_nothing "$(find /etc/bento -type f ! -name release.json)" "written at boot, and here already"
  expect_nothing "$(find /usr/local/lib/boundless /usr/local/share/boundless -not -type l \( -not -user root -or -perm /022 \))" \
    "others than root may write"
}

# flags_in_units <program>: flags that the installed units give it. Lines that end with a backslash go on.
flags_in_units() {
  local unit
  for unit in $(units_of_image); do
    sed --expression ':join; /\\$/ { N; s/\\\n//; b join }' "/etc/systemd/system/$unit"
  done | awk -v program="/usr/local/bin/$1" '
    /^ExecStart=/ { sub(/^ExecStart=[-@:+!]*/, ""); if ($1 == program) for (i = 2; i <= NF; i++) if ($i ~ /^--?[a-z]/) print $i }' |
    sed 's/=.*//' | sort --unique
}

# Variables that an agent reads: before v1.1 only those of its stores; all else were flags.
variables_of() {
  case $1 in
    bento-agent)
      echo DATABASE_URL REDIS_URL S3_BUCKET S3_URL
      if at_least v1.1.0 "$VERSION"; then echo TASK_STREAM REDIS_TTL; fi
      ;;
    bento-rest-api) echo DATABASE_URL S3_BUCKET S3_URL ;;
    broker) echo DB_URL ;;
  esac
}

# check_program <name>: it runs, and knows the flags that the units pass.
check_program() {
  local file=/usr/local/bin/$1 help word unknown=()
  expect "$(stat --format %U:%G:%a "$file")" root:root:755 "$file"
  help=$("$file" --help)
  for word in $(flags_in_units "$1"); do
    grep --quiet --extended-regexp "(^|[ ,])$word([ ,=]|\$)" <<<"$help" || unknown+=("$word")
  done
  for word in $(variables_of "$1"); do
    grep --quiet --fixed-strings "[env: $word=" <<<"$help" || unknown+=("$word")
  done
  expect_nothing "${unknown[*]}" "it does not know"
}

check_units() {
  local unit units=() findings
  for unit in $(units_of_image) $(drop_ins); do
    expect "$(stat --format %U:%G:%a "/etc/systemd/system/$unit")" root:root:644 "$unit"
    if [[ $unit == *.conf ]]; then continue; fi
    # A template is verified as one of its instances.
    units+=("${unit/@./@0.}")
  done
  findings=$(systemd-analyze verify "${units[@]/#//etc/systemd/system/}" 2>&1) || {
    echo "$findings"
    return 1
  }
  expect_nothing "$(grep --fixed-strings bento- <<<"$findings" || true)" "systemd-analyze"
}

check_enabled() {
  local unit
  for unit in $(units_of_image); do
    [[ $unit != *@.* ]] || continue
    case $unit in
      bento-configure.service | bento-drain.service) expect "$(systemctl is-enabled "$unit")" enabled "$unit" ;;
      *) [[ $(systemctl is-enabled "$unit" || true) != enabled ]] || expect enabled disabled "$unit" ;;
    esac
  done
}
