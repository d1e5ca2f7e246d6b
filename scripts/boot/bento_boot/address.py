"""
The manager's address: a second private one, which goes to the instance that has the data volume. Provers know no other, so
that a new manager need not notify them.
"""

import ipaddress
import json
import subprocess
from typing import Callable

from . import aws, log
from .identity import Instance
from .refusal import Refusal


def _is_own(address: str) -> bool:
    shown = subprocess.run(["ip", "-json", "address", "show"], capture_output=True, text=True, check=True).stdout
    return any(info.get("local") == address for link in json.loads(shown) for info in link.get("addr_info", []))


def take(address: str, instance: Instance, waiting: Callable[[], None]) -> list[str]:
    """
    Takes the address over from the manager before, if it is one of its own. To be called once the data volume is held:
    that makes sure that the other one serves nobody any more.

    EC2 routes to the interface; the instance itself has it on its loopback, where nothing that manages the network
    removes it, and answers for it on every interface (Linux, ip-sysctl, "arp_ignore").

    :param waiting: called every few seconds while EC2 has too much to do
    :returns: the addresses to serve on, loopback left out
    """
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        # A name: its DNS record is not managed here.
        return [instance.private_address]
    if address == instance.private_address:
        return [address]
    ec2 = aws.client("ec2", instance.region)
    try:
        aws.at_boot(waiting).call(
            f"taking the manager's address {address}",
            lambda: ec2.assign_private_ip_addresses(
                NetworkInterfaceId=instance.interface_id, PrivateIpAddresses=[address], AllowReassignment=True
            ),
        )
    except aws.ERRORS as error:
        raise Refusal(f"the manager's address {address} cannot be taken: {aws.reason(error)}") from error
    if not _is_own(address):
        added = subprocess.run(
            ["ip", "address", "add", f"{address}/32", "dev", "lo"], capture_output=True, text=True, check=False
        )
        if added.returncode != 0:
            raise Refusal(f"the manager's address {address} cannot be added: {added.stderr.strip()}")
        log.info(f"this instance has the manager's address {address} now")
    return [instance.private_address, address]
