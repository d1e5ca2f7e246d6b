#!/usr/bin/env bash
# Makes the database's files once, and refuses those of another major release. Run by bento-postgresql.service before
# the server, as the user postgres.
set -euo pipefail

readonly programs=/usr/local/lib/boundless/bin/postgresql
readonly folder=${STATE_DIRECTORY:-/var/lib/bento/postgresql}
installed=$("$programs/postgres" --version | grep --only-matching --extended-regexp '[0-9]+' | head -n 1)

if [[ -e $folder/data/PG_VERSION ]]; then
  found=$(<"$folder/data/PG_VERSION")
  if [[ $found != "$installed" ]]; then
    echo "the database is of PostgreSQL $found, and this image has $installed: start an image with $found," \
      "or upgrade the files with pg_upgrade; nothing was touched" >&2
    exit 1
  fi
  exit 0
fi
if [[ -e $folder/data ]]; then
  echo "$folder/data is no database, and is not touched: restore it, or move it away" >&2
  exit 1
fi
# Beside its place, and moved there: it is whole, or not there.
rm -rf "$folder/new"
"$programs/initdb" --pgdata "$folder/new" --username postgres --auth-local peer --auth-host scram-sha-256 \
  --encoding UTF8 --locale C.UTF-8 --data-checksums
mv --no-target-directory "$folder/new" "$folder/data"
sync --file-system "$folder"
