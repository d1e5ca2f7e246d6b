"""Calls to Auto Scaling (Amazon EC2 Auto Scaling User Guide, "Lifecycle hooks")."""

import time
from pathlib import Path
from typing import Any

from . import aws, log
from .contract import TERMINATE_HOOK_S
from .identity import Instance
from .metadata import Metadata

HEARTBEAT_S = 300.0
# Sooner after one that did not get through.
HEARTBEAT_AGAIN_S = 30.0
# As long as the hook waits without a heartbeat.
COMPLETED_WITHIN_S = float(TERMINATE_HOOK_S)
# Exists once the outcome of this boot is known: the role works, or the launch was abandoned. What fails later is no failed
# boot. It is gone after a reboot.
BOOT_DONE = Path("/run/bento-boot/done")


def reason_to_go(metadata: Metadata) -> str | None:
    """Why the instance is to go; None while it may stay."""
    if metadata.get("autoscaling/target-lifecycle-state") == "Terminated":
        return "Auto Scaling ends this instance"
    if metadata.get("spot/instance-action") is not None:
        return "this spot instance is about to be taken back"
    return None


class Hook:
    """A hook that the instance may be waiting in. Instances without a group have none, and every call does nothing."""

    def __init__(self, name: str, instance: Instance) -> None:
        self._name = name
        self._instance = instance
        self._client: Any = aws.client("autoscaling", instance.region) if instance.group is not None else None
        self._beat = time.monotonic()
        # Whether the instance waited in the hook, and Auto Scaling took the result.
        self.completed = False

    def heartbeat(self) -> None:
        """Keeps the hook waiting; to be called often."""
        if self._client is None or time.monotonic() - self._beat < HEARTBEAT_S:
            return
        self._beat = time.monotonic()
        try:
            self._client.record_lifecycle_action_heartbeat(**self._names())
        except aws.ERRORS as error:
            # The work goes on: should the hook run out, Auto Scaling decides by its default.
            log.warning(f"the hook {self._name} took no heartbeat: {aws.reason(error)}")
            if aws.passes(error):
                self._beat -= HEARTBEAT_S - HEARTBEAT_AGAIN_S

    def complete(self, result: str) -> str | None:
        """
        :param result: CONTINUE or ABANDON
        :returns: what went wrong, if anything
        """
        if self._client is None:
            return None
        try:
            aws.Patience(COMPLETED_WITHIN_S, self.heartbeat).call(
                f"completing the hook {self._name}",
                lambda: self._client.complete_lifecycle_action(LifecycleActionResult=result, **self._names()),
            )
        except aws.ERRORS as error:
            # No hook, or an instance that starts again long after its launch: it does not wait.
            if "No active Lifecycle Action" in str(error):
                log.info(f"this instance does not wait in the hook {self._name}")
                return None
            return str(error)
        self.completed = True
        log.info(f"completed the hook {self._name} with {result}")
        return None

    def _names(self) -> Any:
        return {
            "LifecycleHookName": self._name,
            "AutoScalingGroupName": self._instance.group,
            "InstanceId": self._instance.instance_id,
        }


def mark_boot_done() -> None:
    BOOT_DONE.parent.mkdir(mode=0o755, exist_ok=True)
    BOOT_DONE.touch()


def replace(instance: Instance) -> str | None:
    """
    Sets the instance unhealthy, at once: a grace period is for instances that may still become healthy (Amazon EC2 Auto
    Scaling API Reference, "SetInstanceHealth"). Auto Scaling ends it by its hook, and starts another one.

    :returns: what went wrong, if anything
    """
    try:
        aws.client("autoscaling", instance.region).set_instance_health(
            InstanceId=instance.instance_id, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
        )
    except aws.ERRORS as error:
        return str(error)
    log.info("set this instance unhealthy in its Auto Scaling group")
    return None
