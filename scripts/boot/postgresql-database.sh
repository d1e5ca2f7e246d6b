#!/usr/bin/env bash
# Makes Bento's user with its current password, its database, and the user that measures. Run by bento-postgresql.service once the
# server is ready, as the user postgres; safe to run again.
set -euo pipefail

readonly programs=/usr/local/lib/boundless/bin/postgresql
sql() {
  "$programs/psql" --host /run/bento-postgresql --username postgres --no-psqlrc --quiet --tuples-only --no-align \
    --set ON_ERROR_STOP=1 "$@"
}

# The password is read by psql itself: no command line shows it, and no log of statements.
sql --dbname postgres <<'SQL'
\set password `cat /etc/bento/database-password`
SET log_min_error_statement = panic;
SET log_min_duration_statement = -1;
SET log_statement = 'none';
SELECT 'CREATE ROLE bento LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bento') \gexec
ALTER ROLE bento PASSWORD :'password';
SELECT 'CREATE DATABASE taskdb OWNER bento' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'taskdb') \gexec
SQL

# Who measures the queue may read what agents have made and what they will make, one question at a time. There is no
# password: it comes by the socket only (pg_hba.conf).
sql --dbname taskdb <<'SQL'
SELECT 'CREATE ROLE "bento-queue" LOGIN CONNECTION LIMIT 2'
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bento-queue') \gexec
ALTER ROLE "bento-queue" SET statement_timeout = '20s';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO "bento-queue";
ALTER DEFAULT PRIVILEGES FOR ROLE bento IN SCHEMA public GRANT SELECT ON TABLES TO "bento-queue";
SQL

sql --dbname taskdb --file /usr/local/lib/boundless/taskdb.sql

# Agents do not start on a database that later ones have migrated (sqlx), whatever is done about it afterwards.
newest=$(</etc/bento/migration)
found=$(sql --dbname taskdb --command "SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
if [[ $found == t ]]; then
  found=$(sql --dbname taskdb --command 'SELECT coalesce(max(version), 0) FROM _sqlx_migrations')
  if ((found > newest)); then
    echo "the database has migration $found, and this release knows $newest at most: start an image with the newer" \
      "Bento again, or restore the data volume from before it" >&2
    exit 1
  fi
fi
