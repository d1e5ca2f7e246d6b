"""The data volume: found, or made once, and mounted. A volume that holds anything is never formatted."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

from . import aws, log
from .contract import DATA, DRAIN_S
from .identity import Instance
from .refusal import Refusal

LABEL = "bento-data"
MOUNT_UNIT = "var-lib-bento.mount"
DEVICES = Path("/dev/disk/by-id")
# A manager that ends holds the volume for as long as it drains.
FREE_WITHIN_S = DRAIN_S + 15 * 60.0
MIB = 1024 * 1024


def device_of(volume_id: str) -> Path:
    """Nitro shows volumes as NVMe, named by their id (Amazon EBS User Guide, "Map Amazon EBS volumes to NVMe")."""
    return DEVICES / f"nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"


def attach(volume_id: str, instance: Instance, waiting: Callable[[], None]) -> None:
    """
    Takes the volume once nobody else has it. Throttling and errors of EC2 are waited out as a volume that is held.

    :param waiting: called every few seconds meanwhile
    :raises Refusal: for a volume that does not come free in time, is not found, or may not be attached
    """
    ec2 = aws.client("ec2", instance.region)
    until = time.monotonic() + FREE_WITHIN_S
    logged = ""
    while True:
        found = _look(ec2, volume_id, instance.instance_id)
        if found is None:
            return
        if time.monotonic() > until:
            raise Refusal(
                f"the data volume {volume_id} is not here after {FREE_WITHIN_S / 3600} h: {found}; see whether that "
                "instance should live, and detach it by hand only once its broker has stopped"
            )
        if found != logged:
            log.info(f"waiting for the data volume {volume_id}: {found}")
            logged = found
        waiting()
        time.sleep(10)


def _look(ec2: Any, volume_id: str, own: str) -> str | None:
    """
    Attaches the volume if it is free. EC2 lists an attachment while it comes and goes.

    :returns: why the volume is not here yet; None when it is, or is on its way
    """
    attempt = "found"
    try:
        volume: dict[str, Any] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
        attachments = [entry for entry in volume["Attachments"] if entry["State"] != "detached"]
        if attachments:
            holder, state = attachments[0]["InstanceId"], attachments[0]["State"]
            if holder == own and state in ("attaching", "attached"):
                return None
            return f"it is still held by {holder}"
        attempt = "attached"
        ec2.attach_volume(VolumeId=volume_id, InstanceId=own, Device="/dev/sdf")
        return None
    except aws.ERRORS as error:
        # Another instance was faster, it is still detaching from the last one, or this instance is not running yet.
        if not aws.passes(error) and aws.code(error) not in ("VolumeInUse", "IncorrectState"):
            raise Refusal(f"the data volume {volume_id} cannot be {attempt}: {aws.reason(error)}") from error
        return f"EC2 answers {aws.reason(error)}"


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
Where={DATA}
Type=ext4
Options=nodev,nosuid,noexec,noatime
"""
