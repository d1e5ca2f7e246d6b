#!/usr/bin/python3
"""
Measures what waits for provers in Bento's database, what they work on, and how full Valkey is, for CloudWatch.

Run each minute by bento-queue.timer, on the manager only, as a user who may read the database and nothing else. What
cannot be measured is an error in the journal, and no metric: a zero would mean that there is nothing to do. The rest
is measured anyway.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable

from botocore.config import Config

from bento_boot import aws, log
from bento_boot.contract import METRIC_DIMENSIONS, METRIC_NAMESPACE, QUEUE_METRICS, VALKEY_METRICS
from bento_boot.environment import DATABASE
from bento_boot.refusal import Refusal
from bento_boot.valkey_memory import memory_used

PSQL = "/usr/local/lib/boundless/bin/postgresql/psql"
# All streams of Bento v1.0 to v1.2; provers take tasks of the first: segments, joins, keccak and snarks
# (docs/facts/bento.md#agents).
PROVE = "prove"
STREAMS = {PROVE, "aux", "exec", "coproc", "join"}
# The next minute has its own measurement.
QUERY_WITHIN_S = 25.0
CONFIG = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=5, read_timeout=5)

# Tables and columns of Bento's taskdb, migrations 1 to 5. Tasks are counted, since the counters of streams drift when
# tasks are deleted, and those of failed jobs too: agents take them all the same. A task waits from when the last one
# that it needs was done, or from when it was put back; times there are UTC, without a time zone.
QUERY = f"""
WITH theirs AS (
  SELECT task.job_id, task.task_id, task.state, task.created_at, task.updated_at
  FROM tasks task JOIN streams stream ON stream.id = task.stream_id
  WHERE stream.worker_type = '{PROVE}' AND task.state IN ('ready', 'running')
), waiting AS (
  SELECT greatest(task.created_at, task.updated_at, max(needed.updated_at)) AS since
  FROM theirs task
  LEFT JOIN task_deps dep ON dep.job_id = task.job_id AND dep.post_task_id = task.task_id
  LEFT JOIN tasks needed ON needed.job_id = dep.job_id AND needed.task_id = dep.pre_task_id
  WHERE task.state = 'ready'
  GROUP BY task.job_id, task.task_id, task.created_at, task.updated_at
)
SELECT json_build_object(
  'streams', (SELECT coalesce(json_agg(DISTINCT worker_type), '[]') FROM streams),
  'queued', (SELECT count(*) FROM waiting),
  'running', (SELECT count(*) FROM theirs WHERE state = 'running'),
  'age', (SELECT coalesce(extract(epoch FROM now() AT TIME ZONE 'UTC' - min(since)), 0) FROM waiting))
"""


@dataclass(frozen=True)
class Queue:
    queued: int
    running: int
    age_s: float


def read_queue() -> Queue:
    """:raises Refusal: when the database does not answer, or is not the one that the query is for"""
    command = [PSQL, "--host", "/run/bento-postgresql", "--dbname", DATABASE, "--no-psqlrc", "--no-password", "--quiet"]
    command += ["--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", QUERY]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=QUERY_WITHIN_S, check=False)
    except subprocess.TimeoutExpired:
        raise Refusal(f"PostgreSQL has not answered after {QUERY_WITHIN_S:.0f} s") from None
    if ran.returncode != 0:
        raise Refusal(f"psql failed: {' '.join(ran.stderr.split())}")
    found = json.loads(ran.stdout)
    unknown = sorted(set(found["streams"]) - STREAMS)
    if unknown:
        raise Refusal(f"there are streams that nobody here knows: {', '.join(unknown)}; who works on them?")
    return Queue(found["queued"], found["running"], max(0.0, found["age"]))


Measured = list[tuple[str, float, str]]


def with_units(values: dict[str, float], units: dict[str, str]) -> Measured:
    """:raises ValueError: when these are not the metrics of the contract"""
    if values.keys() != units.keys():
        raise ValueError(f"{sorted(values)} are measured, and the contract has {sorted(units)}")
    return [(name, value, units[name]) for name, value in values.items()]


def queue() -> Measured:
    found = read_queue()
    values = {"QueuedTasks": found.queued, "RunningTasks": found.running, "QueueAgeSeconds": found.age_s}
    return with_units(values, QUEUE_METRICS)


def valkey() -> Measured:
    return with_units({"ValkeyMemoryUsed": memory_used()}, VALKEY_METRICS)


def publish(measured: Measured, region: str, environment: str) -> None:
    values = {"environment": environment, "role": "manager"}
    dimensions = [{"Name": METRIC_DIMENSIONS[name], "Value": value} for name, value in values.items()]
    aws.client("cloudwatch", region, CONFIG).put_metric_data(
        Namespace=METRIC_NAMESPACE,
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": unit} for name, value, unit in measured
        ],
    )


def measure(what: str, attempt: Callable[[], Measured]) -> Measured:
    """Nothing where it cannot be measured, whatever becomes of the others."""
    try:
        return attempt()
    except (Refusal, OSError) as error:
        log.error(f"{what} is not measured: {error}")
        return []


def main() -> int:
    parts = [measure("the queue", queue), measure("Valkey's memory", valkey)]
    measured = [one for part in parts for one in part]
    try:
        if measured:
            publish(measured, os.environ["AWS_REGION"], os.environ["ENVIRONMENT"])
    except (*aws.ERRORS, OSError) as error:
        log.error(f"what was measured did not reach CloudWatch: {error}")
        return 1
    return 0 if all(parts) else 1


if __name__ == "__main__":
    sys.exit(main())
