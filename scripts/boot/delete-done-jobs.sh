#!/usr/bin/env bash
# Deletes jobs of Bento that have been done for a week, with their tasks. Run each hour by bento-cleanup.timer, on the
# manager only, as the user bento, who owns the tables. Streams stay: running jobs refer to them by their ids, also
# where no task does at the moment. Failed jobs stay as well: agents may still hold tasks of theirs.
#
# AFTER_DAYS  age of the last change of a job's tasks; the bucket keeps results as long
set -euo pipefail

readonly programs=/usr/local/lib/boundless/bin/postgresql after_days=${AFTER_DAYS:-7}
# Small transactions hold nothing up; as many of them as an hour has seconds.
readonly batch=200 most=3600

[[ $after_days =~ ^[0-9]+$ ]] || {
  echo "AFTER_DAYS is '$after_days', which is no number of days" >&2
  exit 1
}

# delete_batch: prints how many jobs were deleted. Times in the database are UTC, without a time zone.
delete_batch() {
  "$programs/psql" --host /run/bento-postgresql --dbname taskdb --no-psqlrc --no-password --quiet --tuples-only \
    --no-align --set ON_ERROR_STOP=1 --set after="$after_days days" --set batch="$batch" <<'SQL'
BEGIN;
CREATE TEMPORARY TABLE old ON COMMIT DROP AS
  SELECT id FROM public.jobs
  WHERE state = 'done' AND NOT EXISTS (
    SELECT FROM public.tasks
    WHERE job_id = jobs.id
      AND coalesce(updated_at, started_at, created_at) > now() AT TIME ZONE 'UTC' - :'after'::interval
  )
  LIMIT :batch;
DELETE FROM public.task_deps USING old WHERE job_id = old.id;
DELETE FROM public.tasks USING old WHERE job_id = old.id;
DELETE FROM public.jobs USING old WHERE jobs.id = old.id;
SELECT count(*) FROM old;
COMMIT;
SQL
}

deleted=0
for ((number = 0; number < most; number++)); do
  count=$(delete_batch)
  # Each prover owns the database, and what PostgreSQL calls there; bash would run a command that stands in a number.
  [[ $count =~ ^[0-9]+$ ]] || {
    echo "the database gives '$count' as a count of jobs, which is no number: see what was changed in taskdb" >&2
    exit 1
  }
  deleted=$((deleted + count))
  if ((count < batch)); then break; fi
done
if ((deleted > 0)); then echo "deleted $deleted jobs that had been done for $after_days days"; fi
