"""What Auto Scaling is told (Amazon EC2 Auto Scaling User Guide, "Lifecycle hooks")."""

import time
from pathlib import Path
from typing import Any

from . import aws, log
from .identity import Machine
from .metadata import Metadata

LAUNCH_HOOK = "bento-launch"
TERMINATE_HOOK = "bento-terminate"
HEARTBEAT_S = 300.0
# Sooner after one that did not get through.
HEARTBEAT_AGAIN_S = 30.0
# As long as bento-terminate waits without a heartbeat (config/lifecycle-hooks.ts).
COMPLETED_WITHIN_S = 900.0
# There once a boot has ended as it may: the role works, or Auto Scaling took the machine back as it launched. What fails
# later is no failed boot. It goes with the boot.
SETTLED = Path("/run/bento-boot/settled")


def reason_to_go(metadata: Metadata) -> str | None:
    """Why the machine is to go; None while it may stay."""
    if metadata.get("autoscaling/target-lifecycle-state") == "Terminated":
        return "Auto Scaling ends this machine"
    if metadata.get("spot/instance-action") is not None:
        return "this spot machine is about to be taken back"
    return None


class Hook:
    """A hook that the machine may be waiting in. Machines without a group have none, and every call does nothing."""

    def __init__(self, name: str, machine: Machine) -> None:
        self._name = name
        self._machine = machine
        self._client: Any = aws.client("autoscaling", machine.region) if machine.group is not None else None
        self._beat = time.monotonic()
        # Whether somebody waited, and was told.
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
            # No hook, or a machine that starts again long after its launch: nobody is waiting.
            if "No active Lifecycle Action" in str(error):
                log.info(f"nobody waits in the hook {self._name}")
                return None
            return str(error)
        self.completed = True
        log.info(f"told Auto Scaling: {self._name} {result}")
        return None

    def _names(self) -> Any:
        return {
            "LifecycleHookName": self._name,
            "AutoScalingGroupName": self._machine.group,
            "InstanceId": self._machine.instance_id,
        }


def settle() -> None:
    SETTLED.parent.mkdir(mode=0o755, exist_ok=True)
    SETTLED.touch()


def replace(machine: Machine) -> str | None:
    """
    Calls the machine unhealthy, at once: a grace period is for machines that may still become healthy (Amazon EC2 Auto
    Scaling API Reference, "SetInstanceHealth"). Auto Scaling ends it by its hook, and starts another one.

    :returns: what went wrong, if anything
    """
    try:
        aws.client("autoscaling", machine.region).set_instance_health(
            InstanceId=machine.instance_id, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
        )
    except aws.ERRORS as error:
        return str(error)
    log.info("told Auto Scaling: this machine is unhealthy")
    return None
