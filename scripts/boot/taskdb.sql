-- What a cluster changes of Bento's task database, once its agents have made it (bento/crates/taskdb/migrations of the
-- upstream project). Run by psql at each start of PostgreSQL and before the API starts, as Bento's own user, who owns the
-- tables: never as a superuser, who would run the owner's functions. Safe to run again, and while agents work. Nothing is
-- done where there are no tables yet.
SET client_min_messages = warning;
SET lock_timeout = '60s';
SELECT count(*) = 4 AS made FROM pg_tables
  WHERE schemaname = 'public' AND tablename IN ('jobs', 'streams', 'tasks', 'task_deps') \gset
\if :made

-- Migration 2 takes these three out of the write-ahead log: PostgreSQL empties them after a crash, and in each restored
-- snapshot (PostgreSQL, "CREATE TABLE", UNLOGGED), and their jobs go on as "running" for ever. In the order of their
-- foreign keys: a table in the log must not refer to one that is not.
SELECT format('ALTER TABLE public.%I SET LOGGED', relname) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relpersistence = 'u' AND relname IN ('streams', 'tasks', 'task_deps')
  ORDER BY array_position(ARRAY['streams', 'tasks', 'task_deps'], relname::text) \gexec

-- Bento's own cleanup deletes done jobs of any age, and streams that running jobs still need. From 1.1.1 on
-- bento-aux.service turns it off; 1.1.0 has no setting for that, so that what it calls does nothing. delete-done-jobs.sh does the
-- work.
SELECT 'CREATE OR REPLACE FUNCTION public.clear_completed_jobs() RETURNS integer LANGUAGE sql AS ''SELECT 0'''
  WHERE to_regprocedure('public.clear_completed_jobs()') IS NOT NULL \gexec

-- Jobs whose tasks a crash took before the tables were in the log, or that come from an older image: a job is made
-- together with its first task. They fail with a reason, which the API reads from a task that failed, so that the broker
-- learns of it.
BEGIN;
CREATE TEMPORARY TABLE lost ON COMMIT DROP AS
  SELECT id, user_id FROM public.jobs
  WHERE state = 'running' AND NOT EXISTS (SELECT FROM public.tasks WHERE job_id = jobs.id);
INSERT INTO public.streams (worker_type, reserved, be_mult, user_id)
  SELECT DISTINCT 'aux', 0, 1.0, user_id FROM lost
  WHERE NOT EXISTS (SELECT FROM public.streams WHERE worker_type = 'aux' AND streams.user_id = lost.user_id);
INSERT INTO public.tasks
    (job_id, task_id, stream_id, task_def, prerequisites, state, updated_at, waiting_on, timeout_secs, error)
  SELECT id, 'init', (SELECT id FROM public.streams WHERE worker_type = 'aux' AND streams.user_id = lost.user_id LIMIT 1),
    '{}', '[]', 'failed', now(), 0, 0, 'the tasks of this job were lost when the database ended'
  FROM lost;
UPDATE public.jobs SET state = 'failed', error = 'the tasks of this job were lost when the database ended'
  WHERE id IN (SELECT id FROM lost);
COMMIT;
\endif
