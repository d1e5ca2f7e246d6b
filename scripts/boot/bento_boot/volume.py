"""The data volume: found, or made once, and mounted. A volume that holds anything is never formatted."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

from botocore.exceptions import ClientError

from . import aws, log
from .identity import Machine
from .refusal import Refusal

LABEL = "bento-data"
MOUNT_UNIT = "var-lib-bento.mount"
DEVICES = Path("/dev/disk/by-id")
# A manager that ends drains its broker for up to 2 h 15 min, and holds the volume as long (bento.md 1.4).
FREE_WITHIN_S = 2.5 * 3600
MIB = 1024 * 1024


def device_of(volume_id: str) -> Path:
    """Nitro shows volumes as NVMe, named by their id (Amazon EBS User Guide, "Map Amazon EBS volumes to NVMe")."""
    return DEVICES / f"nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"


def attach(volume_id: str, machine: Machine, waiting: Callable[[], None]) -> None:
    """
    Takes the volume once nobody else has it.

    :param waiting: called every few seconds meanwhile
    """
    ec2 = aws.client("ec2", machine.region)
    until = time.monotonic() + FREE_WITHIN_S
    said = ""
    while True:
        holder, state = _holder(ec2, volume_id)
        if holder == machine.instance_id and state in ("attaching", "attached"):
            return
        if holder is None and _attached(ec2, volume_id, machine.instance_id):
            return
        if time.monotonic() > until:
            raise Refusal(
                f"the data volume {volume_id} is still held by {holder or 'somebody'} after {FREE_WITHIN_S / 3600} h; "
                "see whether that machine should live, and detach it by hand only once its broker has stopped"
            )
        if holder is not None and holder != said:
            log.info(f"waiting for {holder} to give the data volume {volume_id} back")
            said = holder
        waiting()
        time.sleep(10)


def _holder(ec2: Any, volume_id: str) -> tuple[str | None, str]:
    """The machine that has the volume, if any, and how far it has come: EC2 lists it while it attaches and detaches."""
    try:
        volume: dict[str, Any] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    except ClientError as error:
        raise Refusal(f"the data volume {volume_id} cannot be found: {error}") from error
    attachments = [entry for entry in volume["Attachments"] if entry["State"] != "detached"]
    return (str(attachments[0]["InstanceId"]), str(attachments[0]["State"])) if attachments else (None, "")


def _attached(ec2: Any, volume_id: str, instance_id: str) -> bool:
    try:
        ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        return True
    except ClientError as error:
        # Another machine was faster, or it is still on its way off the last one.
        if error.response["Error"]["Code"] in ("VolumeInUse", "IncorrectState"):
            return False
        raise Refusal(f"the data volume {volume_id} cannot be attached: {error}") from error


def wait_for(device: Path, seconds: float = 120) -> Path:
    until = time.monotonic() + seconds
    while not device.exists():
        if time.monotonic() > until:
            raise Refusal(f"{device} does not appear although the volume is attached; is this a Nitro instance?")
        time.sleep(1)
    return device.resolve()


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _is_zero(device: Path) -> bool:
    """New volumes read as zeros; what is elsewhere on a blank-looking one does not matter as much as its ends."""
    with open(device, "rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        for start, length in ((0, min(16 * MIB, size)), (max(0, size - MIB), min(MIB, size))):
            stream.seek(start)
            if stream.read(length).count(0) != length:
                return False
    return True


def make_usable(device: Path) -> None:
    """
    Formats a blank volume, repairs one that is ours, and refuses everything else.

    :raises Refusal: for another filesystem, data without one, or damage that needs a person
    """
    probe = _run("blkid", "--probe", "--output", "value", "--match-tag", "LABEL", "--match-tag", "TYPE", str(device))
    if probe.returncode == 2 and not _is_zero(device):
        raise Refusal(
            f"{device} holds data but no filesystem, and is not touched; if it is an interrupted format, "
            f"run `blkdiscard --force {device}` or give the cluster another volume"
        )
    if probe.returncode == 2:
        log.info(f"{device} is blank: formatting it")
        made = _run("mkfs.ext4", "-q", "-L", LABEL, "-m", "1", str(device))
        if made.returncode != 0:
            raise Refusal(f"{device} cannot be formatted: {made.stderr.strip()}")
        return
    if probe.returncode != 0:
        raise Refusal(f"blkid does not know what {device} holds (it ended with {probe.returncode}): {probe.stderr.strip()}")
    if sorted(probe.stdout.split()) != sorted(("ext4", LABEL)):
        raise Refusal(
            f"{device} holds {' '.join(probe.stdout.split()) or 'something unknown'}, not ext4 with the label {LABEL}, "
            "and is not touched; is it the right volume?"
        )
    checked = _run("e2fsck", "-p", str(device))
    # 1: errors were corrected (e2fsck(8)).
    if checked.returncode not in (0, 1):
        raise Refusal(
            f"the filesystem on {device} needs a person: {checked.stdout.strip()} {checked.stderr.strip()}; "
            "snapshot the volume, then run e2fsck by hand"
        )


def mount_unit(device: Path) -> str:
    return f"""# Written at boot.
[Unit]
Description=Data of Bento
[Mount]
What={device}
Where=/var/lib/bento
Type=ext4
Options=nodev,nosuid,noexec,noatime
"""
