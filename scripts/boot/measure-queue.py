#!/usr/bin/python3
"""
Measures the tasks that provers work on: how many wait, how many are worked on, and for how long the oldest has waited.

Run every minute by bento-queue.timer on the manager, as the user bento. Ends with 1 when the database or CloudWatch does
not answer, or the tables are not as expected: then nothing is measured, and an alarm rings for want of it.
"""

import os
import subprocess
import sys

from botocore.exceptions import BotoCoreError, ClientError

from bento_boot import aws, log
from bento_boot.refusal import Refusal

PSQL = "/usr/local/lib/boundless/bin/postgresql/psql"
NAMESPACE = "BoundlessProverCluster"
# Streams of the CPU, which the manager serves itself (bento.md 1.3); provers take all others. A task is ready once
# nothing that it needs is missing, so those that are pending are nobody's yet.
QUERY = """
SELECT count(*) FILTER (WHERE tasks.state = 'ready'),
       count(*) FILTER (WHERE tasks.state = 'running'),
       coalesce(extract(epoch FROM max(localtimestamp - coalesce(tasks.updated_at, tasks.created_at))
         FILTER (WHERE tasks.state = 'ready')), 0)::bigint
FROM tasks JOIN streams ON streams.id = tasks.stream_id
WHERE streams.worker_type NOT IN ('exec', 'aux')
"""
METRICS = (("QueuedTasks", "Count"), ("RunningTasks", "Count"), ("QueueAgeSeconds", "Seconds"))


def counts() -> list[float]:
    """:raises Refusal: with what the database says"""
    command = [PSQL, "--host", "/run/bento-postgresql", "--dbname", "taskdb", "--no-psqlrc", "--quiet"]
    command += ["--tuples-only", "--no-align", "--field-separator", " ", "--set", "ON_ERROR_STOP=1", "--command", QUERY]
    limits = "-c default_transaction_read_only=on -c statement_timeout=20s"
    env = {**os.environ, "PGOPTIONS": limits, "PGCONNECT_TIMEOUT": "10"}
    asked = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if asked.returncode != 0:
        raise Refusal(f"the task database does not say how long its queue is: {asked.stderr.strip()}")
    return [max(0.0, float(number)) for number in asked.stdout.split()]


def main() -> int:
    dimensions = [{"Name": "Environment", "Value": os.environ["ENVIRONMENT"]}, {"Name": "Role", "Value": "manager"}]
    try:
        data = [
            {"MetricName": name, "Unit": unit, "Value": value, "Dimensions": dimensions}
            for (name, unit), value in zip(METRICS, counts(), strict=True)
        ]
        cloudwatch = aws.client("cloudwatch", os.environ["AWS_REGION"])
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    except (Refusal, ClientError, BotoCoreError) as error:
        log.error(f"the queue cannot be measured: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
