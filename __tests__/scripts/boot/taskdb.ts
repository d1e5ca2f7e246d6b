/**
 * What Bento's agents make of the task database, as far as tests need it: tables, keys and persistence as after upstream's
 * migrations 1 to 5, and the function that its cleanup calls as of migration 4.
 */
export const taskdb = `
CREATE TYPE job_state AS ENUM ('running', 'done', 'failed');
CREATE TYPE task_state AS ENUM ('pending', 'ready', 'running', 'done', 'failed');
CREATE UNLOGGED TABLE streams (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), worker_type text NOT NULL,
  reserved integer NOT NULL, be_mult real NOT NULL, user_id text NOT NULL,
  ready integer NOT NULL DEFAULT 0, running integer NOT NULL DEFAULT 0);
CREATE TABLE jobs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), state job_state NOT NULL, error text,
  user_id text NOT NULL, reported boolean NOT NULL DEFAULT false);
CREATE UNLOGGED TABLE tasks (job_id uuid NOT NULL REFERENCES jobs, task_id text NOT NULL,
  stream_id uuid NOT NULL REFERENCES streams, task_def jsonb NOT NULL, prerequisites jsonb NOT NULL,
  state task_state NOT NULL, created_at timestamp NOT NULL DEFAULT now(), started_at timestamp, updated_at timestamp,
  waiting_on integer NOT NULL, progress real NOT NULL DEFAULT 0, retries integer NOT NULL DEFAULT 0,
  max_retries integer NOT NULL DEFAULT 0, timeout_secs integer NOT NULL, output jsonb, error text,
  PRIMARY KEY (job_id, task_id));
CREATE INDEX ON tasks (job_id, state);
CREATE UNLOGGED TABLE task_deps (job_id uuid NOT NULL REFERENCES jobs, pre_task_id text NOT NULL,
  post_task_id text NOT NULL, FOREIGN KEY (job_id, pre_task_id) REFERENCES tasks,
  FOREIGN KEY (job_id, post_task_id) REFERENCES tasks);
CREATE INDEX ON task_deps (job_id, pre_task_id, post_task_id);
CREATE FUNCTION clear_completed_jobs() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE cleared integer;
BEGIN
  SELECT count(*) INTO cleared FROM jobs WHERE state = 'done';
  DELETE FROM task_deps WHERE job_id IN (SELECT id FROM jobs WHERE state = 'done');
  DELETE FROM tasks WHERE job_id IN (SELECT id FROM jobs WHERE state = 'done');
  DELETE FROM streams WHERE id NOT IN (SELECT stream_id FROM tasks);
  DELETE FROM jobs WHERE state = 'done';
  RETURN cleared;
END $$;
`;
