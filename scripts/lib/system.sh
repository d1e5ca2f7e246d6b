# shellcheck shell=bash
# Settings of the operating system: users, updates and the journal. Source it after common.sh and apt.sh.

# Kernel and driver change together, with a new image. Extended regular expressions of package names.
readonly kernel_packages='linux-(image|headers|modules)(-.*)?|linux-aws.*'
readonly driver_packages='(lib)?nvidia-.*|cuda-.*|libcuda.*|xserver-xorg-video-nvidia.*'

# Off for the bake, which a reboot interrupts: cleanup.sh takes it away.
readonly updates_paused=/etc/apt/apt.conf.d/99boundless-bake

# An update that begins in the middle of a bake holds dpkg's lock for minutes; one that runs already is waited for.
pause_updates() {
  put_text "$updates_paused" <<<'APT::Periodic::Enable "0";'
  systemctl stop apt-daily.timer apt-daily-upgrade.timer
}

# purge_packages <package...>
purge_packages() {
  local package present=()
  for package in "$@"; do
    if dpkg-query --show "$package" >/dev/null 2>&1; then present+=("$package"); fi
  done
  if ((${#present[@]} == 0)); then return 0; fi
  apt_with_retries purge "${present[@]}"
  changed "purged ${present[*]}"
}

write_system_settings() {
  # Instances get security fixes by themselves, but for what must fit together.
  put_text /etc/apt/apt.conf.d/52boundless-updates <<'APT'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::Package-Blacklist {
  "linux-image";
  "linux-headers";
  "linux-modules";
  "linux-aws";
  "nvidia-";
  "libnvidia-";
  "cuda-";
  "libcuda";
  "xserver-xorg-video-nvidia";
  "vector$";
};
APT
  # Nothing restarts the broker, which may hold orders for two hours, because a library was updated.
  put_text /etc/needrestart/conf.d/boundless.conf <<'PERL'
$nrconf{override_rc}{qr(^bento-)} = 0;
PERL
  # The journal is the record; a second one would double what is shipped. It must not fill the disk.
  put_text /etc/systemd/journald.conf.d/boundless.conf <<'INI'
[Journal]
Storage=persistent
SystemMaxUse=1G
SystemKeepFree=2G
INI
}

# make_users: who every image has, and the folders of theirs that boot fills.
make_users() {
  put_user bento /var/lib/bento
  put_user bento-replace /nonexistent
  put_folder /etc/bento root:bento 750
  put_folder /var/lib/bento bento:bento 750
}
