import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { readGroup, type GroupState, type GroupInstance } from '../../../cli/delivery/rollout/group';
import { progressOf } from '../../../cli/delivery/rollout/progress';

const wanted = 'ami-0123456789abcdef0';
const instance = (changes: Partial<GroupInstance> = {}): GroupInstance => ({
  id: 'i-1',
  inService: true,
  healthy: true,
  version: '7',
  ...changes,
});
const group = (changes: Partial<GroupState> = {}): GroupState => ({
  name: 'group',
  desired: 1,
  version: '7',
  imageId: wanted,
  instances: [instance()],
  saved: { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '7' } },
  refreshes: [{ InstanceRefreshId: 'r-1', Status: 'Successful' }],
  ...changes,
});
const refresh = (Status: InstanceRefresh['Status'], more: Partial<InstanceRefresh> = {}) => ({
  refreshes: [{ InstanceRefreshId: 'r-1', Status, ...more }],
});

test.each<[string, Partial<GroupState>, string, RegExp]>([
  ['every instance runs the image', {}, 'done', /^group: 1 of 1 instances in service and healthy on ami-/],
  ['there never was a refresh', { refreshes: [] }, 'done', /1 of 1/],
  ['it is empty on purpose', { desired: 0, instances: [] }, 'done', /0 of 0/],
  ['it has more than it wants', { instances: [instance(), instance({ id: 'i-2' })] }, 'done', /2 of 1/],
  [
    'old instances are on their way out',
    { instances: [instance(), instance({ inService: false, version: '6' })] },
    'done',
    /1 of 1/,
  ],
  ['a refresh waits', refresh('Pending'), 'going', /refresh Pending$/],
  [
    'a refresh goes on',
    refresh('InProgress', { PercentageComplete: 40, StatusReason: 'Waiting' }),
    'going',
    /InProgress, 40 %: Waiting$/,
  ],
  ['a refresh bakes', refresh('Baking'), 'going', /Baking/],
  ['a refresh is rolled back', refresh('RollbackInProgress'), 'going', /RollbackInProgress/],
  ['an instance is not there yet', { desired: 2 }, 'going', /1 of 2/],
  ['an instance is not healthy', { instances: [instance({ healthy: false })] }, 'going', /0 of 1/],
  ['an instance waits for its hook', { instances: [instance({ inService: false })] }, 'going', /0 of 1/],
  [
    'the refresh that was to bring it failed',
    refresh('Failed', { StatusReason: 'too many' }),
    'failed',
    /it runs ami-\w+, but the instance refresh r-1 ended with Failed: too many$/,
  ],
  ['the refresh was cancelled', refresh('Cancelled'), 'failed', /ended with Cancelled: no reason given/],
  ['the refresh was rolled back', refresh('RollbackSuccessful'), 'failed', /RollbackSuccessful/],
  ['the refresh could not be rolled back', refresh('RollbackFailed'), 'failed', /RollbackFailed/],
  [
    'a refresh towards another version was rolled back',
    refresh('RollbackSuccessful', { DesiredConfiguration: { LaunchTemplate: { Version: '8' } } }),
    'done',
    /1 of 1/,
  ],
  [
    'a refresh failed, and the group is empty since',
    { ...refresh('Failed'), desired: 0, instances: [] },
    'done',
    /0 of 0/,
  ],
  ['a state that nobody knows', refresh('Paused' as never), 'failed', /Paused/],
  ['it is to run another image', { imageId: 'ami-2' }, 'failed', /it is to run ami-2, not ami-0123456789abcdef0$/],
  [
    'a refresh was rolled back',
    { imageId: 'ami-2', ...refresh('RollbackSuccessful', { RollbackDetails: { RollbackReason: 'an alarm' } }) },
    'failed',
    /it is to run ami-2, not .*; the instance refresh r-1 ended with RollbackSuccessful: an alarm$/,
  ],
  ['its template has no image', { imageId: undefined }, 'failed', /it is to run no image/],
  [
    'instances are old, and nothing replaces them',
    { instances: [instance(), instance({ id: 'i-2', version: '6' })] },
    'failed',
    /i-2 still run version 6 of the template, not 7, and no refresh/,
  ],
  [
    'an instance has no version',
    { instances: [instance({ version: undefined })] },
    'failed',
    /i-1 still run version \?/,
  ],
])('%s', (_, changes, is, text) => {
  const progress = progressOf(group(changes), wanted);
  expect(progress.is).toBe(is);
  expect(progress.text).toMatch(text);
});

describe('with answers of AWS', () => {
  const autoScaling = mockClient(AutoScalingClient);
  const ec2 = mockClient(EC2Client);
  const time = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
  const answer = (refreshes: InstanceRefresh[], more: object = {}) => {
    const LaunchTemplate = { LaunchTemplateId: 'lt-1', Version: '7' };
    const Instances = [
      {
        InstanceId: 'i-1',
        LifecycleState: 'InService' as const,
        HealthStatus: 'Healthy',
        LaunchTemplate,
        AvailabilityZone: 'a',
        ProtectedFromScaleIn: false,
      },
    ];
    autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({
      AutoScalingGroups: [{ DesiredCapacity: 1, LaunchTemplate, Instances, ...more } as never],
    });
    autoScaling.on(DescribeInstanceRefreshesCommand).resolves({ InstanceRefreshes: refreshes });
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [{ VersionNumber: 7, LaunchTemplateData: { ImageId: wanted } }],
    });
  };
  beforeEach(() => {
    autoScaling.reset();
    ec2.reset();
  });
  const read = () => readGroup(new AutoScalingClient({}), new EC2Client({}), 'group');

  test('the newest refresh counts, and one that waits is newer than all', async () => {
    answer([
      { InstanceRefreshId: 'old', StartTime: time(1), Status: 'Failed' },
      { InstanceRefreshId: 'new', StartTime: time(2), Status: 'Successful' },
    ]);
    expect((await read()).refreshes[0]?.InstanceRefreshId).toBe('new');
    answer([
      { InstanceRefreshId: 'new', StartTime: time(2) },
      { InstanceRefreshId: 'waits', Status: 'Pending' },
    ]);
    expect((await read()).refreshes[0]?.InstanceRefreshId).toBe('waits');
  });

  test.each([
    ['with the time of its end', { EndTime: time(1) }],
    ['without any time', {}],
  ])('a refresh that was cancelled before it began is older than one that succeeded since: %s', async (_, times) => {
    answer([
      { InstanceRefreshId: 'old', Status: 'Cancelled', ...times },
      { InstanceRefreshId: 'new', StartTime: time(2), EndTime: time(3), Status: 'Successful' },
    ]);
    const found = await read();
    expect(found.refreshes.map(({ InstanceRefreshId }) => InstanceRefreshId)).toEqual(['new', 'old']);
    expect(progressOf(found, wanted).is).toBe('done');
  });

  test('instances on their way out are none of its instances', async () => {
    const instanceIn = (LifecycleState: string) => ({ InstanceId: LifecycleState, LifecycleState });
    answer([], { Instances: ['Pending:Wait', 'Terminating:Wait', 'Terminated', 'Detaching'].map(instanceIn) });
    expect((await read()).instances.map(({ id }) => id)).toEqual(['Pending:Wait']);
  });

  test('a group of mixed instances has its template elsewhere', async () => {
    const LaunchTemplateSpecification = { LaunchTemplateId: 'lt-2', Version: '7' };
    answer([], {
      LaunchTemplate: undefined,
      MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification } },
    });
    expect(await read()).toMatchObject({ version: '7', imageId: wanted, desired: 1 });
    expect(ec2.commandCalls(DescribeLaunchTemplateVersionsCommand)[0]?.args[0].input.LaunchTemplateId).toBe('lt-2');
    answer([], { LaunchTemplate: undefined });
    await expect(read()).rejects.toThrow('The group group has no launch template');
  });
});
