#!/usr/bin/env bash
# Makes Bento's user with its current password, its database, and the user that measures. Run by bento-postgresql.service once the
# server is ready, as the user postgres; safe to run again.
#
# Each prover owns the task database, and whatever PostgreSQL calls there: functions, triggers and views. So the superuser
# works in the database postgres alone, and in taskdb this is Bento (pg_ident.conf), who may do what a prover does.
set -euo pipefail

readonly programs=/usr/local/lib/boundless/bin/postgresql
sql() {
  "$programs/psql" --host /run/bento-postgresql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"
}
as_superuser() { sql --username postgres --dbname postgres; }
as_bento() { sql --username bento --dbname taskdb "$@"; }

# The password is read by psql itself: no command line shows it, and no log of statements.
as_superuser <<'SQL'
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
as_superuser <<'SQL'
SELECT 'CREATE ROLE "bento-queue" LOGIN CONNECTION LIMIT 2'
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bento-queue') \gexec
ALTER ROLE "bento-queue" SET statement_timeout = '20s';
SQL
# Bento's own: a table that an operator made there as the superuser would be an error.
as_bento <<'SQL'
SELECT format('GRANT SELECT ON public.%I TO "bento-queue"', relname) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole AND relkind IN ('r', 'p', 'v') \gexec
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "bento-queue";
SQL

as_bento --file /usr/local/lib/boundless/taskdb.sql

# Agents do not start on a database that later ones have migrated (sqlx), whatever is done about it afterwards.
newest=$(</etc/bento/migration)
found=$(as_bento --command "SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
if [[ $found == t ]]; then
  found=$(as_bento --command 'SELECT coalesce(max(version), 0) FROM _sqlx_migrations')
  # Bash would run a command that stands in a number.
  [[ $found =~ ^[0-9]+$ ]] || {
    echo "the database gives '$found' as its migration, which is no number: see what was changed in taskdb" >&2
    exit 1
  }
  if ((found > newest)); then
    echo "the database has migration $found, and this release knows $newest at most: start an image with the newer" \
      "Bento again, or restore the data volume from before it" >&2
    exit 1
  fi
fi
