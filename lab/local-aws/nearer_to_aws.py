"""What is changed in moto, to bring it nearer to AWS in fifteen places that the factory depends on.

1. An image's snapshots are those of the instance's own volumes, with their encryption and key; moto makes a new, plain one.
2. An image that is shared can be described by the accounts that it is shared with, without the owner's tags (tags do
   not cross accounts); moto shows an image to its owner only.
3. Where an alias names a KMS key, the volume has the key's ARN, as AWS does.
4. A KMS key can be described and granted by its ARN from another account; moto looks in the caller's account only. (AWS
   asks the key's policy first, which this server does not.)
5. TestEventPattern answers, with the matcher that moto's own rules use.
6. Images can be deprecated. Whom they are shared with no longer sees them without asking for the id.
7. DescribeImages answers in pages where it is asked to; of 5 images at most, since AWS may give fewer than asked for.
8. A build exports the variables that it was started with: there is no instance here that could run its commands. Its
   times are numbers, as the SDKs want them.
9. The allowed-images setting of an account can be read, replaced, enabled and disabled. It hides no images.
10. An instance of an Auto Scaling group has the version of the template that it was launched from; moto has the template's
   default one of now. Instance refreshes can be started and described; they replace the instances at once, and succeed,
   after which the template that they name is the group's.
11. RotateSecret makes a pending version, of a secret without a value too, and calls no function: a test of one calls it;
   moto would make the version the current one at once. The first value of a secret is its current one whatever label is
   asked for, a version with a value is never changed, and the current version is the one with that label.
12. CreateImage gives an image's snapshots the tags that it is asked for, as the amazon plugin of Packer does; moto fails.
13. ModifyImageAttribute keeps ImdsSupport, and DescribeImages shows it; moto takes the call and forgets it.
14. An image is dated a second or more after the one before it, as two builds are; moto dates all images of one second
   alike, and who wants the newest of them would go by their ids.
15. Images can be disabled and enabled, their deprecation taken back, and protected from deregistration. A disabled image is
   shared with nobody, and shown only where disabled ones are asked for. DeregisterImage deletes the snapshots of an image
   where it is asked to, but for those that another image has.
"""

import copy
import datetime
import json
import threading
import time
import uuid

from flask import has_request_context, request
from moto.autoscaling.models import InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.backends import get_backend
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidAMIIdError, InvalidParameterValueError, InvalidRequest
from moto.ec2.models import amis
from moto.ec2.responses.amis import AmisResponse
from moto.events.models import EventPattern
from moto.events.responses import EventsHandler
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.secretsmanager.exceptions import ResourceExistsException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend


def key_arn(backend, key_id):
    if key_id is None or (key_id.startswith("arn:aws:kms") and ":key/" in key_id):
        return key_id
    return get_backend("kms")[backend.account_id][backend.region_name].describe_key(key_id).arn


newest_date = datetime.datetime.min


def next_creation_date(now):
    global newest_date
    with creation_lock:
        newest_date = max(now.replace(microsecond=0), newest_date + datetime.timedelta(seconds=1))
        return newest_date


creation_lock = threading.Lock()
create_ami = amis.Ami.__init__


def create_ami_from_instance(self, ec2_backend, ami_id, instance=None, **rest):
    create_ami(self, ec2_backend, ami_id, instance=instance, **rest)
    if instance is None:
        return
    self.creation_date = next_creation_date(self.creation_date)
    root = instance.block_device_mapping[instance.root_device_name]
    volume = ec2_backend.get_volume(root.volume_id)
    self.ebs_snapshot.encrypted = volume.encrypted
    self.ebs_snapshot.kms_key_id = key_arn(ec2_backend, volume.kms_key_id)


create_image = amis.AmiBackend.create_image


def create_image_with_snapshot_tags(self, instance_id, name, description, tag_specifications):
    of_snapshots = [specification for specification in tag_specifications if specification["ResourceType"] == "snapshot"]
    others = [specification for specification in tag_specifications if specification not in of_snapshots]
    ami = create_image(self, instance_id, name, description, others)
    for specification in of_snapshots:
        for tag in specification["Tags"]:
            ami.ebs_snapshot.add_tag(tag["Key"], tag["Value"])
    return ami


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
    images = describe_own_images(view, ami_ids, filters, exec_users, owners)
    if not (has_request_context() and request.values.get("IncludeDisabled") == "true"):
        images = [ami for ami in images if ami.state != "disabled"]
    asked_for = ami_ids or (has_request_context() and request.values.get("IncludeDeprecated") == "true")
    return images if asked_for else [ami for ami in images if ami.owner_id == self.account_id or not is_deprecated(ami)]


largest_page = 5
describe_images_at_once = AmisResponse.describe_images


def describe_images_in_pages(self):
    whole = describe_images_at_once(self)
    if not self._get_param("MaxResults"):
        return whole
    images = whole.result["Images"]
    start = int(self._get_param("NextToken") or 0)
    end = start + min(int(self._get_param("MaxResults")), largest_page)
    return ActionResult({"Images": images[start:end], **({"NextToken": str(end)} if end < len(images) else {})})


def is_deprecated(ami):
    time = getattr(ami, "deprecation_time", None)
    return time is not None and datetime.datetime.fromisoformat(time) <= datetime.datetime.now(datetime.timezone.utc)


def enable_image_deprecation(self):
    time = self._get_param("DeprecateAt").replace(tzinfo=datetime.timezone.utc)
    if time <= datetime.datetime.now(datetime.timezone.utc):
        raise InvalidParameterValueError(time.isoformat())
    # Rounded to the minute, as EC2 does.
    minute = (time + datetime.timedelta(seconds=30)).replace(second=0, microsecond=0)
    own_image(self).deprecation_time = minute.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return ActionResult({"Return": True})


def own_image(self):
    image_id = self._get_param("ImageId")
    ami = self.ec2_backend.amis.get(image_id)
    if ami is None or ami.owner_id != self.current_account:
        raise InvalidAMIIdError(image_id)
    return ami


def setting(**attributes):
    def change(self):
        for name, value in attributes.items():
            setattr(own_image(self), name, value)
        return ActionResult({"Return": True})

    return change


def disable_image(self):
    own_image(self).state = "disabled"
    own_image(self).launch_permissions = []
    return ActionResult({"Return": True})


deregister_image_of_moto = AmisResponse.deregister_image


def deregister_image(self):
    ami = own_image(self)
    if getattr(ami, "deregistration_protection", "disabled") != "disabled":
        raise InvalidRequest
    snapshot = ami.ebs_snapshot
    deregister_image_of_moto(self)
    if self._get_param("DeleteAssociatedSnapshots") not in (True, "true"):
        return ActionResult({"Return": True})
    shared = any(other.ebs_snapshot.id == snapshot.id for other in self.ec2_backend.amis.values())
    if not shared:
        self.ec2_backend.delete_snapshot(snapshot.id)
    result = {"SnapshotId": snapshot.id, "ReturnCode": "skipped" if shared else "success"}
    return ActionResult({"Return": True, "DeleteSnapshotResults": [result]})


modify_image_attribute_of_moto = AmisResponse.modify_image_attribute


def modify_image_attribute(self):
    imds_support = self._get_param("ImdsSupport", {}).get("Value")
    if imds_support is None:
        return modify_image_attribute_of_moto(self)
    if imds_support != "v2.0":
        raise InvalidParameterValueError(imds_support)
    (ami,) = self.ec2_backend.describe_images(ami_ids=[self._get_param("ImageId")], owners=["self"])
    ami.imds_support = imds_support
    return ActionResult({"Return": True})


def kms_backend_of_key(self):
    key_id = self._get_param("KeyId") or ""
    account_id = key_id.split(":")[4] if key_id.startswith("arn:aws:kms:") else self.current_account
    return get_backend("kms")[account_id][self.region]


def test_event_pattern(self):
    pattern = EventPattern.load(self._get_param("EventPattern"))
    return json.dumps({"Result": pattern.matches_event(json.loads(self._get_param("Event")))})


allowed_images = {}


def allowed_images_of(self):
    return allowed_images.setdefault((self.current_account, self.region), {"State": "disabled", "ImageCriteria": []})


def get_allowed_images_settings(self):
    return ActionResult({**allowed_images_of(self), "ManagedBy": "account"})


def enable_allowed_images_settings(self):
    allowed_images_of(self)["State"] = self._get_param("AllowedImagesSettingsState")
    return ActionResult({"AllowedImagesSettingsState": allowed_images_of(self)["State"]})


def disable_allowed_images_settings(self):
    allowed_images_of(self)["State"] = "disabled"
    return ActionResult({"AllowedImagesSettingsState": "disabled"})


def replace_image_criteria(self):
    allowed_images_of(self)["ImageCriteria"] = self._get_param("ImageCriteria", [])
    return ActionResult({"ReturnValue": True})


start_build = CodeBuildResponse.start_build
batch_get_builds = CodeBuildResponse.batch_get_builds


def start_build_with_exports(self):
    build_id = json.loads(start_build(self))["build"]["id"]
    variables = [{"name": v["name"], "value": v["value"]} for v in self._get_param("environmentVariablesOverride") or []]
    for build in self.codebuild_backend.build_metadata_history[self._get_param("projectName")]:
        if build["id"] == build_id:
            build["exportedEnvironmentVariables"] = variables
            return json.dumps({"build": with_numeric_times(build)})


def batch_get_builds_with_times(self):
    return json.dumps({"builds": [with_numeric_times(build) for build in json.loads(batch_get_builds(self))["builds"]]})


def with_numeric_times(value):
    """The JSON protocol writes times as seconds; moto writes them as texts, which SDKs refuse."""
    if isinstance(value, list):
        return [with_numeric_times(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: seconds_of(item) if key in ("startTime", "endTime") else with_numeric_times(item)
        for key, item in value.items()
    }


def seconds_of(time):
    return datetime.datetime.fromisoformat(time).timestamp() if isinstance(time, str) else time


create_instance = InstanceState.__init__


def create_instance_of_version(self, *args, **rest):
    create_instance(self, *args, **rest)
    template = self.auto_scaling_group.ec2_launch_template
    if template is not None:
        version = template.get_version(self.auto_scaling_group.launch_template_version)
        self.launched_from = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "Version": str(version.number),
        }


instance_refreshes = {}

group_settings = [
    "availability_zones",
    "desired_capacity",
    "max_size",
    "min_size",
    "launch_config_name",
    "vpc_zone_identifier",
    "health_check_period",
    "health_check_type",
]


def refreshes_of_group(self):
    name = self._get_param("AutoScalingGroupName")
    return instance_refreshes.setdefault((self.current_account, self.region, name), [])


def start_instance_refresh(self):
    refreshes = refreshes_of_group(self)
    group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
    desired = self._get_param("DesiredConfiguration")
    if desired:
        group.update(**dict.fromkeys(group_settings) | {"launch_template": desired["LaunchTemplate"]})
    instances = group.desired_capacity
    group.set_desired_capacity(0)
    group.set_desired_capacity(instances)
    now = datetime.datetime.now(datetime.timezone.utc)
    refreshes.insert(
        0,
        {
            "InstanceRefreshId": str(uuid.uuid4()),
            "AutoScalingGroupName": group.name,
            "Status": "Successful",
            "StartTime": now,
            "EndTime": now,
            "PercentageComplete": 100,
            "InstancesToUpdate": 0,
            **({"DesiredConfiguration": desired} if desired else {}),
        },
    )
    return ActionResult({"InstanceRefreshId": refreshes[0]["InstanceRefreshId"]})


def describe_instance_refreshes(self):
    return ActionResult({"InstanceRefreshes": refreshes_of_group(self)})


check_version = SecretsManagerBackend._check_with_existing_secrets_and_versions
put_secret_value = SecretsManagerBackend.put_secret_value


def begin_rotation(
    self, secret_id, client_request_token=None, rotation_lambda_arn=None, rotation_rules=None, rotate_immediately=True
):
    secret = self.secrets[secret_id]
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
    secret.auto_rotate_after_days = (rotation_rules or {}).get("AutomaticallyAfterDays", secret.auto_rotate_after_days)
    if rotate_immediately:
        token = client_request_token or str(uuid.uuid4())
        secret.remove_version_stages_from_old_versions(["AWSPENDING"])
        version = {"createdate": int(time.time()), "version_id": token, "version_stages": ["AWSPENDING"]}
        secret.versions.setdefault(token, version)
        secret.last_rotation_date = int(time.time())
    return secret.to_short_dict()


def check_any_version(self, secret_name, client_request_token, secret_string, secret_binary, on_create=False):
    secret = self.secrets.get(secret_name)
    version = secret.versions.get(client_request_token) if secret else None
    known = version.get("secret_string") if version else None
    if known is not None and known != secret_string:
        raise ResourceExistsException(f"You can't use ClientRequestToken {client_request_token}")
    return check_version(self, secret_name, client_request_token, secret_string, secret_binary, on_create)


def put_first_value(self, secret_id, secret_string, secret_binary, client_request_token, version_stages):
    secret = self.secrets.get(secret_id)
    if secret and not any("AWSCURRENT" in version["version_stages"] for version in secret.versions.values()):
        version_stages = [*(version_stages or []), *({"AWSCURRENT"} - set(version_stages or []))]
    return put_secret_value(self, secret_id, secret_string, secret_binary, client_request_token, version_stages)


def current_version(self):
    return next((key for key, version in self.versions.items() if "AWSCURRENT" in version["version_stages"]), None)


service_of_host = DomainDispatcherApplication.get_backend_for_host
services = {}


def known_service_of_host(self, host):
    """moto walks through all of its folders for each request, which takes longer than the answer."""
    if host not in services:
        services[host] = service_of_host(self, host)
    return services[host]


DomainDispatcherApplication.get_backend_for_host = known_service_of_host
AmisResponse.describe_images = describe_images_in_pages
AmisResponse.get_allowed_images_settings = get_allowed_images_settings
AmisResponse.enable_allowed_images_settings = enable_allowed_images_settings
AmisResponse.disable_allowed_images_settings = disable_allowed_images_settings
AmisResponse.replace_image_criteria_in_allowed_images_settings = replace_image_criteria
AmisResponse.enable_image_deprecation = enable_image_deprecation
AmisResponse.disable_image_deprecation = setting(deprecation_time=None)
AmisResponse.disable_image = disable_image
AmisResponse.enable_image = setting(state="available")
AmisResponse.enable_image_deregistration_protection = setting(deregistration_protection="enabled-without-cooldown")
AmisResponse.disable_image_deregistration_protection = setting(deregistration_protection="disabled")
AmisResponse.deregister_image = deregister_image
AmisResponse.modify_image_attribute = modify_image_attribute
AutoScalingResponse.describe_instance_refreshes = describe_instance_refreshes
AutoScalingResponse.start_instance_refresh = start_instance_refresh
CodeBuildResponse.start_build = start_build_with_exports
CodeBuildResponse.batch_get_builds = batch_get_builds_with_times
InstanceState.__init__ = create_instance_of_version
InstanceState.launch_template = property(lambda self: getattr(self, "launched_from", None))
EventsHandler.test_event_pattern = test_event_pattern
KmsResponse.kms_backend = property(kms_backend_of_key)
FakeSecret.default_version_id = property(current_version, lambda self, value: None)
FakeSecret.set_default_version_id = lambda self, version_id: None
SecretsManagerBackend.rotate_secret = begin_rotation
SecretsManagerBackend._check_with_existing_secrets_and_versions = check_any_version
SecretsManagerBackend.put_secret_value = put_first_value
amis.Ami.__init__ = create_ami_from_instance
amis.AmiBackend.create_image = create_image_with_snapshot_tags
amis.AmiBackend.describe_images = describe_images
