"""Which instance this is, and what it is for."""

import json
from dataclasses import dataclass
from pathlib import Path

from .contract import ROLES, TAGS, is_environment
from .metadata import Metadata
from .refusal import Refusal
from .release import Release

# User data brings it: a cloud-config that writes this file. Without it, the instance's tags count.
INSTANCE_FILE = Path("/etc/bento/instance.json")


@dataclass(frozen=True)
class Instance:
    """`group` is the Auto Scaling group, for instances that have one; `interface_id` the first network interface."""

    instance_id: str
    region: str
    private_address: str
    interface_id: str
    vpc_networks: list[str]
    group: str | None


@dataclass(frozen=True)
class Purpose:
    role: str
    environment: str


def _user_data(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    example = '{"role": "prover", "environment": "staging"}'
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise Refusal(f"{file} is no JSON object such as {example}: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise Refusal(f"{file} is no JSON object of texts such as {example}")
    unknown = sorted(set(content) - {"role", "environment"})
    if unknown:
        raise Refusal(f"{file} has {', '.join(unknown)}, which nothing reads; write it as {example}")
    return {str(key): str(value) for key, value in content.items()}


def _one(field: str, given: str | None, tag: str | None) -> str:
    name = TAGS[field]
    if given is not None and tag is not None and given != tag:
        raise Refusal(f"user data has {field} {given!r}, the tag {name} has {tag!r}; make them agree, or drop one")
    value = given if given is not None else tag
    if not value:
        raise Refusal(
            f"this instance has no {field}; set the tag {name} (with InstanceMetadataTags enabled in "
            f"its launch template), or write it to {INSTANCE_FILE} by user data"
        )
    return value


def read_instance(metadata: Metadata) -> Instance:
    mac = metadata.require("mac")
    return Instance(
        instance_id=metadata.require("instance-id"),
        region=metadata.require("placement/region"),
        private_address=metadata.require("local-ipv4"),
        interface_id=metadata.require(f"network/interfaces/macs/{mac}/interface-id"),
        vpc_networks=metadata.require(f"network/interfaces/macs/{mac}/vpc-ipv4-cidr-blocks").split(),
        group=metadata.get("tags/instance/aws:autoscaling:groupName"),
    )


def read_purpose(metadata: Metadata, release: Release, file: Path = INSTANCE_FILE) -> Purpose:
    """
    :raises Refusal: no role or environment, two that differ, a role that is unknown or that the image cannot take
    """
    given = _user_data(file)
    role = _one("role", given.get("role"), metadata.get(f"tags/instance/{TAGS['role']}"))
    environment = _one("environment", given.get("environment"), metadata.get(f"tags/instance/{TAGS['environment']}"))
    if role not in ROLES:
        raise Refusal(f"the role {role!r} is unknown; use {' or '.join(ROLES)}")
    if not is_environment(environment):
        raise Refusal(f"the environment {environment!r} is no name; use one such as staging")
    if release.image not in ROLES[role]["images"]:
        raise Refusal(
            f"this is a {release.image} image, and the role is {role}; start the instance from a {role} or bento image"
        )
    return Purpose(role, environment)
