"""Starts servers of the local AWS.

usage: start.py [--port PORT]         serves one, prints its port, and ends when standard input does
       start.py --fork-server SOCKET  forks one for each connection to the Unix socket, writes its port there, and ends
                                      it when the connection does

A server needs two seconds of processor time to load what it serves. One that is forked has all of it already, and nothing
of another one's accounts: no request reaches the process that it is forked from but those that load each service, after
which every account is forgotten.
"""

import argparse
import os
import random
import signal
import socket
import threading

import nearer_to_aws  # noqa: F401  what it changes in moto is why it is loaded
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
from werkzeug.test import Client

# A request for each service that the factory calls: moto loads a service, and the model of its answers, at the first one.
QUERIES = {
    "autoscaling": "DescribeAutoScalingGroups",
    "cloudformation": "DescribeStacks",
    "ec2": "DescribeImages",
    "iam": "ListRoles",
    "monitoring": "DescribeAlarms",
    "sns": "ListTopics",
    "sqs": "ListQueues",
    "sts": "GetCallerIdentity",
}
TARGETS = {
    "codebuild": "CodeBuild_20161006.ListProjects",
    "codepipeline": "CodePipeline_20150709.ListPipelines",
    "events": "AWSEvents.ListRules",
    "kms": "TrentService.ListKeys",
    "logs": "Logs_20140328.DescribeLogGroups",
    "secretsmanager": "secretsmanager.ListSecrets",
    "ssm": "AmazonSSM.DescribeParameters",
}
PATHS = {"lambda": "/2015-03-31/functions/", "s3": "/"}


def load_services(application):
    client = Client(application)

    def send(service, path="/", **request):
        scope = f"Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-west-2/{service}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0", **request.pop("headers", {})}
        client.open(path, headers=headers, **request)

    for service, action in QUERIES.items():
        send(service, method="POST", data={"Action": action})
    for service, target in TARGETS.items():
        send(service, method="POST", data="{}", headers={"X-Amz-Target": target}, content_type="application/x-amz-json-1.1")
    for service, path in PATHS.items():
        send(service, path, method="GET")
    BackendDict.reset()
    reset_model_data()


def end_with(starter):
    """Ends this process when the file has no more to read, which is when the program that holds its other end does."""

    def wait():
        while os.read(starter, 4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def serve(application, starter, answer, port=0):
    end_with(starter)
    listener = make_server("127.0.0.1", port, application, threaded=True)
    # moto calls itself at this port, where one service notifies another.
    os.environ["MOTO_PORT"] = str(listener.port)
    answer(f"{listener.port}\n".encode())
    listener.serve_forever()


def fork_servers(application, path):
    end_with(0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        # A program that finds the path can connect.
        listener.bind(f"{path}.{os.getpid()}")
        listener.listen()
        os.rename(f"{path}.{os.getpid()}", path)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                random.seed()
                mock_random.seed()
                # Its log, which no test reads, would fail requests after the program that reads it has ended.
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                serve(application, connection.fileno(), connection.sendall)
            connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fork-server")
    asked = parser.parse_args()
    everything = DomainDispatcherApplication(create_backend_app)
    if asked.fork_server is None:
        serve(everything, 0, lambda line: os.write(1, line), asked.port)
    else:
        load_services(everything)
        fork_servers(everything, asked.fork_server)
