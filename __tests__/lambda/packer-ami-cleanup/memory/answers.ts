import type { Filter, Image, Snapshot, Tag } from '@aws-sdk/client-ec2';
import type { MemoryCloud } from './cloud';
import type { MemoryAccount } from './world';

interface Call {
  readonly cloud: MemoryCloud;
  readonly account: MemoryAccount;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What AWS answers to each action, which takes effect. */
export const answers: Readonly<Record<string, (call: Call) => unknown>> = {
  AssumeRole: ({ input }) => {
    const arn = String(input['RoleArn']);
    const [AccessKeyId] = /\d{12}/.exec(arn) ?? [''];
    return { Credentials: { AccessKeyId, SecretAccessKey: 'secret', SessionToken: arn, Expiration: new Date() } };
  },

  DescribeImages: ({ cloud, account, input }) => {
    const [id] = valuesOf(input, 'image-id');
    return paged(
      cloud,
      input,
      'Images',
      account.images.filter(({ ImageId }) => id === undefined || ImageId === id),
    );
  },
  DescribeInstances: ({ cloud, account, input }) => {
    const [id, states] = [valuesOf(input, 'instance-id')[0], valuesOf(input, 'instance-state-name')];
    const found = tagged(account.instances, input).filter(
      ({ InstanceId, State }) => (id === undefined || InstanceId === id) && states.includes(State?.Name ?? 'running'),
    );
    return paged(
      cloud,
      input,
      'Reservations',
      found.map((one) => ({ Instances: [one] })),
    );
  },
  DescribeSpotInstanceRequests: ({ cloud, account, input }) =>
    paged(cloud, input, 'SpotInstanceRequests', account.spotRequests),
  DescribeAutoScalingGroups: ({ cloud, account, input }) => paged(cloud, input, 'AutoScalingGroups', account.groups),
  DescribeInstanceRefreshes: ({ cloud, account, input }) =>
    paged(cloud, input, 'InstanceRefreshes', account.refreshes.get(String(input['AutoScalingGroupName'])) ?? []),
  DescribeLaunchConfigurations: ({ cloud, account, input }) =>
    paged(cloud, input, 'LaunchConfigurations', account.configurations),
  DescribeFleets: ({ cloud, account, input }) => paged(cloud, input, 'Fleets', account.fleets),
  DescribeSpotFleetRequests: ({ cloud, account, input }) =>
    paged(cloud, input, 'SpotFleetRequestConfigs', account.spotFleets),
  DescribeLaunchTemplates: ({ cloud, account, input }) =>
    paged(cloud, input, 'LaunchTemplates', tagged(account.templates, input)),
  DescribeLaunchTemplateVersions: ({ cloud, account, input }) =>
    paged(cloud, input, 'LaunchTemplateVersions', account.versions.get(String(input['LaunchTemplateId'])) ?? []),
  DescribeParameters: ({ cloud, account, input }) =>
    paged(
      cloud,
      input,
      'Parameters',
      [...account.parameters.keys()].filter((name) => !name.includes(':')).map((Name) => ({ Name })),
    ),
  GetParameters: ({ account, input }) => {
    const names = input['Names'] as string[];
    const found = names.flatMap((asked) => {
      const name = asked.replace(/^arn:aws:ssm:[^:]+:\d+:parameter(?=\/)/, '');
      const Value = account.parameters.get(name);
      const [Name = '', version] = name.split(':');
      const ARN = `arn:aws:ssm:us-west-2:${asked.split(':')[4] ?? ''}:parameter${Name}`;
      return Value === undefined
        ? []
        : [{ Name, ARN, Value, ...(version !== undefined && { Selector: `:${version}` }) }];
    });
    return { Parameters: found, InvalidParameters: names.slice(found.length) };
  },

  DescribeKeyPairs: ({ account, input }) => ({ KeyPairs: tagged(account.keyPairs, input) }),
  DescribeSecurityGroups: ({ cloud, account, input }) =>
    paged(cloud, input, 'SecurityGroups', tagged(account.securityGroups, input)),
  DescribeVolumes: ({ cloud, account, input }) => paged(cloud, input, 'Volumes', tagged(account.volumes, input)),
  DescribeSnapshots: ({ cloud, account, input }) => {
    const ids = valuesOf(input, 'snapshot-id');
    const found = tagged(account.snapshots, input).filter(
      ({ SnapshotId = '' }) => ids.length === 0 || ids.includes(SnapshotId),
    );
    return paged(cloud, input, 'Snapshots', found);
  },

  EnableImageDeprecation: change((image, { DeprecateAt }) => {
    image.DeprecationTime = (DeprecateAt as Date).toISOString();
  }),
  DisableImageDeprecation: change((image) => {
    delete image.DeprecationTime;
  }),
  DisableImage: change((image) => {
    image.State = 'disabled';
  }),
  EnableImage: change((image) => {
    image.State = 'available';
  }),
  EnableImageDeregistrationProtection: change((image) => {
    image.DeregistrationProtection = 'enabled-without-cooldown';
  }),
  DisableImageDeregistrationProtection: change((image) => {
    image.DeregistrationProtection = 'disabled';
  }),
  DeregisterImage: ({ account, input }) => {
    const image = owned(account, input);
    if (!['disabled', undefined].includes(image.DeregistrationProtection)) throw error('OperationNotPermitted');
    account.images = account.images.filter((one) => one !== image);
    const inUse = new Set(account.images.flatMap(snapshotIds));
    const own = snapshotIds(image);
    const results = own.map((SnapshotId) => ({
      SnapshotId,
      ReturnCode: inUse.has(SnapshotId) ? 'skipped' : 'success',
    }));
    const gone = new Set(own.filter((id) => !inUse.has(id)));
    account.snapshots = account.snapshots.filter(({ SnapshotId = '' }) => !gone.has(SnapshotId));
    return { Return: true, DeleteSnapshotResults: results };
  },
  CreateTags: ({ account, input }) => {
    const tags = input['Tags'] as Tag[];
    const image = owned(account, { ImageId: (input['Resources'] as string[])[0] });
    image.Tags = [...(image.Tags ?? []).filter(({ Key }) => !tags.some((tag) => tag.Key === Key)), ...tags];
    return {};
  },
  DeleteTags: ({ account, input }) => {
    const keys = (input['Tags'] as Tag[]).map(({ Key }) => Key);
    const image = owned(account, { ImageId: (input['Resources'] as string[])[0] });
    image.Tags = (image.Tags ?? []).filter(({ Key }) => !keys.includes(Key));
    return {};
  },

  TerminateInstances: ({ account, input }) => {
    const instance = account.instances.find(({ InstanceId }) => InstanceId === (input['InstanceIds'] as string[])[0]);
    if (instance === undefined) throw error('InvalidInstanceID.NotFound');
    instance.State = { Name: 'terminated' };
    return {};
  },
  DeleteLaunchTemplate: ({ account, input }) =>
    remove(
      account.templates,
      ({ LaunchTemplateId }) => LaunchTemplateId === input['LaunchTemplateId'],
      'InvalidLaunchTemplateId.NotFound',
    ),
  DeleteKeyPair: ({ account, input }) => remove(account.keyPairs, ({ KeyName }) => KeyName === input['KeyName']),
  DeleteSecurityGroup: ({ account, input }) => {
    const uses = account.instances.some(
      ({ State, SecurityGroups = [] }) =>
        State?.Name !== 'terminated' && SecurityGroups.some(({ GroupId }) => GroupId === input['GroupId']),
    );
    if (uses) throw error('DependencyViolation');
    return remove(account.securityGroups, ({ GroupId }) => GroupId === input['GroupId'], 'InvalidGroup.NotFound');
  },
  DeleteVolume: ({ account, input }) =>
    remove(account.volumes, ({ VolumeId }) => VolumeId === input['VolumeId'], 'InvalidVolume.NotFound'),
  DeleteSnapshot: ({ account, input }) => {
    if (account.images.flatMap(snapshotIds).includes(String(input['SnapshotId']))) throw error('InvalidSnapshot.InUse');
    return remove(
      account.snapshots,
      ({ SnapshotId }: Snapshot) => SnapshotId === input['SnapshotId'],
      'InvalidSnapshot.NotFound',
    );
  },

  PutObject: ({ cloud, input }) => {
    cloud.reports.set(String(input['Key']), JSON.parse(String(input['Body'])));
    return {};
  },
  PutEvents: ({ cloud, input }) => {
    const [entry] = input['Entries'] as { DetailType: string; Detail: string }[];
    cloud.events.push({ type: entry!.DetailType, detail: JSON.parse(entry!.Detail) as Record<string, unknown> });
    return { FailedEntryCount: 0, Entries: [{ EventId: '1' }] };
  },
};

export const error = (name: string): Error =>
  Object.assign(new Error('refused'), { name, $metadata: {}, $fault: 'client' });

const snapshotIds = ({ BlockDeviceMappings = [] }: Image) =>
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);

function owned({ images }: MemoryAccount, { ImageId }: Readonly<Record<string, unknown>>): Image {
  const image = images.find((one) => one.ImageId === ImageId);
  if (image === undefined) throw error('InvalidAMIID.NotFound');
  return image;
}

function change(effect: (image: Image, input: Call['input']) => void) {
  return ({ account, input }: Call) => {
    effect(owned(account, input), input);
    return { Return: true };
  };
}

function remove<T>(all: T[], isIt: (one: T) => boolean, missing?: string): object {
  const index = all.findIndex(isIt);
  if (index < 0 && missing !== undefined) throw error(missing);
  if (index >= 0) all.splice(index, 1);
  return {};
}

const valuesOf = ({ Filters }: Call['input'], name: string): readonly string[] =>
  ((Filters as Filter[] | undefined) ?? []).find(({ Name }) => Name === name)?.Values ?? [];

/** Those that have every tag that is asked for. */
const tagged = <T extends { Tags?: Tag[] | undefined }>(all: readonly T[], { Filters }: Call['input']): readonly T[] =>
  all.filter(({ Tags = [] }) =>
    ((Filters as Filter[] | undefined) ?? [])
      .filter(({ Name = '' }) => Name.startsWith('tag:'))
      .every(({ Name = '', Values = [] }) =>
        Tags.some(({ Key, Value = '' }) => `tag:${Key ?? ''}` === Name && Values.includes(Value)),
      ),
  );

function paged(cloud: MemoryCloud, input: Call['input'], list: string, all: readonly unknown[]): object {
  const asked = Number(input['MaxResults'] ?? input['MaxRecords'] ?? Infinity);
  const start = Number(input['NextToken'] ?? 0);
  const end = start + Math.min(asked, cloud.largestPage);
  return { [list]: all.slice(start, end), ...(end < all.length && { NextToken: String(end) }) };
}
