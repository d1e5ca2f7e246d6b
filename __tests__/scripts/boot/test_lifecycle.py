"""
Lifecycle hooks, through the real client: the calls as the query API takes them (Amazon EC2 Auto Scaling API Reference).
The local AWS server does not have them.
"""

import time
from urllib.parse import parse_qsl

import pytest

pytestmark = pytest.mark.aws

NAMES = {"LifecycleHookName": "bento-launch", "AutoScalingGroupName": "managers", "InstanceId": "i-0123"}
NOBODY_WAITS = (400, "ValidationError", "No active Lifecycle Action found with instance ID i-0123")
THROTTLED = (400, "Throttling", "Rate exceeded")


@pytest.fixture
def lifecycle(monkeypatch):
    module = pytest.importorskip("bento_boot.lifecycle")
    monkeypatch.setattr(module, "COMPLETED_WITHIN_S", 60)
    # The pauses between attempts are botocore's.
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds / 100))
    return module


class AutoScaling:
    """Answers with these errors, then takes every call."""

    def __init__(self, start, handler):
        self.calls = []
        self.errors = []
        outer = self

        class Handler(handler):
            def do_POST(self):
                call = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                outer.calls.append(call)
                action = call["Action"]
                status, body = 200, f"<{action}Response><{action}Result/></{action}Response>"
                if outer.errors:
                    status, code, message = outer.errors.pop(0)
                    body = (
                        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                        f"<Message>{message}</Message></Error></ErrorResponse>"
                    )
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

        self.address = start(Handler)


@pytest.fixture
def auto_scaling(http_server, handler, monkeypatch):
    server = AutoScaling(http_server, handler)
    for name, value in {
        "AWS_ENDPOINT_URL": server.address,
        "AWS_ACCESS_KEY_ID": "AKIALOCAL",
        "AWS_SECRET_ACCESS_KEY": "local",
    }.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def hook_of(lifecycle, auto_scaling):
    """A launch hook of the instance `i-0123` in this group."""
    from bento_boot.contract import LAUNCH_HOOK
    from bento_boot.identity import Instance

    def make(group="managers"):
        instance = Instance("i-0123", "us-west-2", "10.20.1.2", "eni-0", ["10.20.0.0/16"], group)
        return lifecycle.Hook(LAUNCH_HOOK, instance)

    return make


@pytest.mark.parametrize("result", ["CONTINUE", "ABANDON"])
def test_is_completed_by_name(hook_of, auto_scaling, capfd, result):
    hook = hook_of()
    assert hook.complete(result) is None
    assert hook.completed
    assert f"bento-launch with {result}" in capfd.readouterr().err
    (call,) = auto_scaling.calls
    expected = {"Action": "CompleteLifecycleAction", "LifecycleActionResult": result, **NAMES}
    assert expected.items() <= call.items()


def test_an_instance_without_a_group_has_no_hook(hook_of, lifecycle, auto_scaling, capfd, monkeypatch):
    monkeypatch.setattr(lifecycle, "HEARTBEAT_S", 0)
    hook = hook_of(group=None)
    hook.heartbeat()
    assert hook.complete("CONTINUE") is None
    assert (auto_scaling.calls, capfd.readouterr().err) == ([], "")


def test_a_hook_that_no_longer_waits_is_no_problem(hook_of, auto_scaling, capfd):
    auto_scaling.errors = [NOBODY_WAITS]
    hook = hook_of()
    assert hook.complete("ABANDON") is None
    assert not hook.completed
    assert "in the hook bento-launch" in capfd.readouterr().err


def test_a_denial_is_returned_after_one_call(hook_of, auto_scaling):
    auto_scaling.errors = [(403, "AccessDenied", "not authorized")]
    problem = hook_of().complete("CONTINUE")
    assert "AccessDenied" in problem and "not authorized" in problem
    assert len(auto_scaling.calls) == 1


def test_is_retried_while_auto_scaling_throttles(hook_of, auto_scaling):
    auto_scaling.errors = [THROTTLED, THROTTLED, (500, "InternalFailure", "for a moment")]
    assert hook_of().complete("CONTINUE") is None
    assert len(auto_scaling.calls) == 4


def test_an_endpoint_that_cannot_be_reached_is_returned(hook_of, lifecycle, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(lifecycle, "COMPLETED_WITHIN_S", 0)
    assert "Could not connect to the endpoint URL" in hook_of().complete("CONTINUE")


def test_sends_heartbeats_no_more_often_than_it_must(hook_of, lifecycle, auto_scaling, monkeypatch):
    hook = hook_of()
    for seconds in (300, 0, 300, 0):
        monkeypatch.setattr(lifecycle, "HEARTBEAT_S", seconds)
        hook.heartbeat()
    expected = {"Action": "RecordLifecycleActionHeartbeat", **NAMES}
    assert [expected.items() <= call.items() for call in auto_scaling.calls] == [True, True]


def test_a_refused_heartbeat_does_not_stop_the_work(hook_of, lifecycle, auto_scaling, capfd, monkeypatch):
    auto_scaling.errors = [NOBODY_WAITS]
    monkeypatch.setattr(lifecycle, "HEARTBEAT_S", 0)
    hook_of().heartbeat()
    assert "the hook bento-launch took no heartbeat" in capfd.readouterr().err
