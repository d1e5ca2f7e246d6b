#!/usr/bin/env bash
# Ends once the database is as the agents of this release want it, and as the cluster does (taskdb.sql). The API changes
# nothing there, and answers without: it must not start before. Run by bento-api.service, as bento-api, whom PostgreSQL takes for Bento (pg_ident.conf).
set -euo pipefail

readonly programs=/usr/local/lib/boundless/bin/postgresql
readonly within_s=${WITHIN_S:-600}
migration=$(</etc/bento/migration)

sql() {
  "$programs/psql" --host /run/bento-postgresql --username bento --dbname taskdb --no-psqlrc --quiet --tuples-only --no-align \
    --set ON_ERROR_STOP=1 "$@"
}

# migrated: whether all migrations up to this release's are there. Before the first there is no table.
migrated() {
  local count
  [[ $(sql --command "SELECT to_regclass('_sqlx_migrations') IS NOT NULL") == t ]] || return 1
  count=$(sql --command "SELECT count(*) FROM _sqlx_migrations WHERE success AND version <= $migration") || return 1
  # Each prover owns the database, and what PostgreSQL calls there; bash would run a command that stands in a number.
  [[ $count =~ ^[0-9]+$ ]] && ((count >= migration))
}

[[ $migration =~ ^[0-9]+$ ]] || {
  echo "/etc/bento/migration has '$migration', which is no number; run bento-configure again" >&2
  exit 1
}
until migrated; do
  if ((SECONDS >= within_s)); then
    echo "no agent has brought the database to migration $migration within $within_s s;" \
      "see journalctl --unit 'bento-executor@*' --unit bento-aux" >&2
    exit 1
  fi
  sleep 1
done
sql --file /usr/local/lib/boundless/taskdb.sql
