#!/usr/bin/env bash
# What the manager has: PostgreSQL, Valkey or Redis, Bento and the broker. Run setup.sh first; safe to run again.
#
# BROKER_SHA256  checksum of a broker whose release publishes none
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/all.sh
. "$here/lib/all.sh"
readonly programs=/usr/local/lib/boundless/bin

# Its data is on a volume that exists at boot only: the package must make no cluster of its own.
install_postgresql() {
  local major
  put_text /etc/postgresql-common/createcluster.conf <<<'create_main_cluster = false'
  install_packages postgresql
  major=$(installed_packages 'postgresql-[0-9]+' | sort --version-sort | tail -n 1)
  [[ -n $major ]] || die "postgresql brought no server"
  put_link "/usr/lib/postgresql/${major#postgresql-}/bin" "$programs/postgresql"
  mask_units postgresql.service postgresql@.service
}

# Valkey is not in every mirror of 24.04; Redis has the same protocol. Units use one name for both.
install_valkey() {
  local store=redis
  if [[ -n $(apt-cache --names-only search '^valkey-server$') ]]; then store=valkey; fi
  install_packages "$store-server"
  put_user valkey /var/lib/valkey
  put_link "/usr/bin/$store-server" "$programs/valkey-server"
  put_link "/usr/bin/$store-cli" "$programs/valkey-cli"
  mask_units "$store-server.service"
  # It saves from a copy of itself, which shares its memory: refused, it would take no more writes.
  put_text /etc/sysctl.d/60-boundless-valkey.conf <<<'vm.overcommit_memory = 1'
}

main() {
  require_root
  require_image
  read_release
  require_space / 4096 "the setup of a manager"
  repair_packages
  put_folder "$programs" root:root 755
  install_postgresql
  install_valkey
  put_user bento-queue /nonexistent
  put_user bento-smoke /nonexistent
  # One for each service of upstream: none of them reads what another one is given.
  for service in api aux executor broker; do put_user "bento-$service" /nonexistent; done
  install_bento bento-agent bento-rest-api bento-cli
  install_broker
  report_changes
}
main
