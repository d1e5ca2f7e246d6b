#!/usr/bin/env bash
# What the manager has: PostgreSQL, Valkey or Redis, Bento and the broker. Run setup.sh first; safe to run again.
#
# BROKER_SHA256  checksum of a broker whose release publishes none
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
# shellcheck source=scripts/bento.sh
. "$here/bento.sh"

# Both from Ubuntu's own archive. Valkey is not in every mirror of 24.04; Redis speaks the same protocol.
install_stores() {
  local store=redis-server
  if apt-cache show valkey-server >/dev/null 2>&1; then store=valkey-server; fi
  apt_get install --no-install-recommends postgresql "$store"
  # They start with the manager's target, not with every machine.
  systemctl disable --now postgresql.service "$store.service"
}

main() {
  require_root
  read_release
  install_stores
  install_bento bento-agent bento-rest-api bento-cli
  install_broker
  install -o root -g bento -m 0640 "$service_files/broker.toml" /etc/bento/broker.toml
  install_units bento-manager.target bento-api.service bento-executor.service bento-aux.service bento-broker.service
}
main
