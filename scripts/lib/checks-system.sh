# shellcheck shell=bash
# The operating system below. Source it after checks.sh.

check_held() {
  local pattern="$kernel_packages|vector"
  if [[ $IMAGE != manager ]]; then pattern+="|$driver_packages"; fi
  expect_nothing "$(comm -23 <(installed_packages "$pattern") <(apt-mark showhold | sort))" "not held"
}

check_updates() {
  local setting
  for setting in apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service; do
    expect "$(systemctl is-enabled "$setting")" enabled "$setting"
  done
  expect "$(apt-config dump --format '%v' APT::Periodic::Unattended-Upgrade)" 1 "APT::Periodic::Unattended-Upgrade"
}

check_space() {
  local available
  available=$(df --block-size=1M --output=avail / | tail -n 1)
  echo "${available//[[:space:]]/} MiB on /"
  ((available >= 2048))
}

# Only SSH, which the security group closes, and what the base image has on loopback: the resolver and the clock.
check_sockets() {
  local sockets
  sockets=$(ss --no-header --listening --tcp --udp --numeric)
  expect_nothing "$(awk '{ print $1, $5 }' <<<"$sockets" | grep --invert-match --extended-regexp \
    '^$|^tcp (0\.0\.0\.0|\*|\[::\]):22$|^(tcp|udp) 127\.0\.0\.5[34](%lo)?:53$|^udp (127\.0\.0\.1|\[::1\]):323$|^udp .*:(68|546)$' || true)" \
    "listening"
}

check_journal() {
  expect "$(installed_version rsyslog)" "" "rsyslog"
  [[ -s /etc/systemd/journald.conf.d/boundless.conf ]] || {
    echo "boundless.conf is missing: nothing limits the journal"
    return 1
  }
}

# With values like those of the boot, and a folder of its own: its parts are built, which compiles their programs, and
# nothing is connected to.
check_log_configuration() {
  local files=(/usr/local/share/boundless/vector.yaml) folder code=0
  if [[ $IMAGE != manager ]]; then files+=(/usr/local/share/boundless/vector-gpu.yaml); fi
  folder=$(mktemp --directory)
  AWS_REGION=us-west-2 LOG_GROUP=/boundless/test/prover-cluster/test INSTANCE_ID=i-0123456789abcdef0 ROLE=test \
    ENVIRONMENT=test METRIC_NAMESPACE=Test LOGS_FOLDER=$folder vector validate --skip-healthchecks "${files[@]}" || code=$?
  rm -rf "$folder"
  return "$code"
}

check_log_shipper() {
  local version
  read -r version _ < <(locked vector)
  expect "$(installed_version vector)" "$version" vector
  expect "$(systemctl is-enabled vector.service || true)" masked vector.service
  check_log_configuration
}

# The data is on a volume of the instance's own, and units of ours start the programs.
check_stores() {
  local unit program programs=/usr/local/lib/boundless/bin
  for unit in postgresql.service postgresql@.service; do
    expect "$(systemctl is-enabled "$unit" || true)" masked "$unit"
  done
  for unit in valkey-server redis-server; do
    [[ -z $(installed_version "$unit") ]] || expect "$(systemctl is-enabled "$unit.service" || true)" masked "$unit"
  done
  expect_nothing "$(find /etc/postgresql /var/lib/postgresql -mindepth 2 -maxdepth 2 2>/dev/null || true)" "clusters of the package"
  for program in postgresql/postgres postgresql/initdb valkey-server valkey-cli; do
    [[ -x $programs/$program ]] || {
      echo "$programs/$program is missing"
      return 1
    }
  done
}
