"""moto_server, brought nearer to AWS in five places that the factory depends on.

1. An image's snapshots are those of the machine's own volumes, with their encryption and key; moto makes a new, plain one.
2. An image that is shared can be described by the accounts that it is shared with, without the owner's tags (tags do
   not cross accounts); moto shows an image to its owner only.
3. Where an alias names a KMS key, the volume says the key's ARN, as AWS does.
4. A KMS key can be described and granted by its ARN from another account; moto looks in the caller's account only. (AWS
   asks the key's policy first, which this server does not.)
5. TestEventPattern answers, with the matcher that moto's own rules use.

It ends when its standard input does: whoever started it holds the other end, and lets go by ending, however that comes.

usage: python3 server.py -p PORT
"""

import copy
import json
import os
import sys
import threading

import moto.server
from moto.backends import get_backend
from moto.ec2.models import amis
from moto.events.models import EventPattern
from moto.events.responses import EventsHandler
from moto.kms.responses import KmsResponse


def key_arn(backend, key_id):
    if key_id is None or key_id.startswith("arn:aws:kms") and ":key/" in key_id:
        return key_id
    return get_backend("kms")[backend.account_id][backend.region_name].describe_key(key_id).arn


create_ami = amis.Ami.__init__


def create_ami_from_machine(self, ec2_backend, ami_id, instance=None, **rest):
    create_ami(self, ec2_backend, ami_id, instance=instance, **rest)
    if instance is None:
        return
    root = instance.block_device_mapping[instance.root_device_name]
    volume = ec2_backend.get_volume(root.volume_id)
    self.ebs_snapshot.encrypted = volume.encrypted
    self.ebs_snapshot.kms_key_id = key_arn(ec2_backend, volume.kms_key_id)


class SharedAmi:
    """An image as another account sees it: with the tags that this account gave it, not with the owner's."""

    def __init__(self, ami, backend):
        self._ami = ami
        self._backend = backend

    def __getattr__(self, name):
        return getattr(self._ami, name)

    @property
    def tag_list(self):
        return self._backend.describe_tags(filters={"resource-id": [self._ami.id]})

    tag_set = tag_list


describe_own_images = amis.AmiBackend.describe_images


def images_shared_with(backend):
    for account_id, regions in list(get_backend("ec2").items()):
        if account_id == backend.account_id or backend.region_name not in regions:
            continue
        for ami in list(regions[backend.region_name].amis.values()):
            if ami.owner_id == account_id and {"UserId": backend.account_id} in ami.launch_permissions:
                yield SharedAmi(ami, backend)


def describe_images(self, ami_ids=None, filters=None, exec_users=None, owners=None):
    view = copy.copy(self)
    view.amis = {**self.amis, **{ami.id: ami for ami in images_shared_with(self)}}
    return describe_own_images(view, ami_ids, filters, exec_users, owners)


def kms_backend_of_key(self):
    key_id = self._get_param("KeyId") or ""
    account_id = key_id.split(":")[4] if key_id.startswith("arn:aws:kms:") else self.current_account
    return get_backend("kms")[account_id][self.region]


def test_event_pattern(self):
    pattern = EventPattern.load(self._get_param("EventPattern"))
    return json.dumps({"Result": pattern.matches_event(json.loads(self._get_param("Event")))})


EventsHandler.test_event_pattern = test_event_pattern
KmsResponse.kms_backend = property(kms_backend_of_key)
amis.Ami.__init__ = create_ami_from_machine
amis.AmiBackend.describe_images = describe_images

def end_with_starter():
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_starter, daemon=True).start()
    moto.server.main()
