import { emptyGroup, type MemoryAccount } from './memory/world';
import { functionEnvironment } from '../../support/function-environment';
import { environment, opsAccount, serviceAccounts } from './memory/cloud';
import { cloudWithOld, old, retire } from './support';

const [staging] = serviceAccounts;
const other = 'ami-00000000000000fff';
const template = (Version?: string) => ({ LaunchTemplateId: 'lt-t', ...(Version !== undefined && { Version }) });
/** A template that names the old image in its first version, and others in many later ones. */
const oldFirst = (account: MemoryAccount, image: string = old) =>
  account.template('t', [image, ...Array.from({ length: 9 }, () => other)], 5);

/** Every way in which an account can use the old image. */
const uses: Readonly<Record<string, (account: MemoryAccount) => void>> = {
  'a running instance': ({ instances }) => instances.push({ InstanceId: 'i-1', ImageId: old }),
  'a stopped instance': ({ instances }) =>
    instances.push({ InstanceId: 'i-1', ImageId: old, State: { Name: 'stopped' } }),
  'an instance that is ending': ({ instances }) =>
    instances.push({ InstanceId: 'i-1', ImageId: old, State: { Name: 'shutting-down' } }),
  'a spot request': ({ spotRequests }) =>
    spotRequests.push({ SpotInstanceRequestId: 'sir-1', LaunchSpecification: { ImageId: old } }),
  'the default version of a template that nothing uses': (account) =>
    account.template('t', [old, other, other, other, other]),
  'one of the newest versions of a template': (account) => account.template('t', [other, old, other, other], 1),
  'a numbered version of a group at zero capacity': (account) => {
    oldFirst(account);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('1') });
  },
  'the default version of a group': (account) => {
    account.template('t', [old, ...Array.from({ length: 9 }, () => other)], 1);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('$Default') });
  },
  'the latest version of a group': (account) => {
    account.template('t', [...Array.from({ length: 9 }, () => other), old], 5);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('$Latest') });
  },
  'a template that a group names by its name': (account) => {
    oldFirst(account);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: { LaunchTemplateName: 't', Version: '1' } });
  },
  'a mixed instances policy': (account) => {
    oldFirst(account);
    const LaunchTemplate = { LaunchTemplateSpecification: template('1') };
    account.groups.push({ ...emptyGroup('g'), MixedInstancesPolicy: { LaunchTemplate } });
  },
  'an override of a mixed instances policy': (account) => {
    oldFirst(account);
    const Overrides = [{ LaunchTemplateSpecification: template('1') }];
    account.groups.push({
      ...emptyGroup('g'),
      MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: template('5'), Overrides } },
    });
  },
  'what a running refresh goes to': (account) => {
    oldFirst(account);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('5') });
    account.refreshes.set('g', [{ Status: 'InProgress', DesiredConfiguration: { LaunchTemplate: template('1') } }]);
  },
  'what a running refresh would go back to': (account) => {
    oldFirst(account);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('1') });
    account.refreshes.set('g', [{ Status: 'InProgress', DesiredConfiguration: { LaunchTemplate: template('9') } }]);
  },
  'a launch configuration': ({ configurations }) =>
    configurations.push({
      LaunchConfigurationName: 'c',
      ImageId: old,
      InstanceType: 't3.micro',
      CreatedTime: new Date(0),
    }),
  'a fleet': (account) => {
    oldFirst(account);
    account.fleets.push({
      FleetId: 'fleet-1',
      FleetState: 'active',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: template('1') }],
    });
  },
  'a spot fleet': ({ spotFleets }) =>
    spotFleets.push({
      SpotFleetRequestId: 'sfr-1',
      SpotFleetRequestState: 'active',
      SpotFleetRequestConfig: { IamFleetRole: 'r', TargetCapacity: 1, LaunchSpecifications: [{ ImageId: old }] },
    }),
  'a pointer': ({ parameters }) => parameters.set('/boundless/ami/manager/latest', old),
  'a pin': ({ parameters }) => parameters.set('/boundless/ami/manager/pinned', old),
  'images that were validated together': ({ parameters }) =>
    parameters.set('/boundless/ami/validated-images', JSON.stringify({ manager: old, prover: other })),
  'any other parameter': ({ parameters }) => parameters.set('mine', `keep ${old}, please`),
  'resolve:ssm with the name of a parameter': (account) => {
    account.parameters.set('/p:7', old);
    oldFirst(account, 'resolve:ssm:/p:7');
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('1') });
  },
  'resolve:ssm with an ARN': (account) => {
    account.parameters.set('/p:7', old);
    account.template('t', [`resolve:ssm:arn:aws:ssm:us-west-2:${opsAccount}:parameter/p:7`]);
  },
};

/** What looks like a use, and is none. */
const noUses: Readonly<Record<string, (account: MemoryAccount) => void>> = {
  'a terminated instance': ({ instances }) =>
    instances.push({ InstanceId: 'i-1', ImageId: old, State: { Name: 'terminated' } }),
  'an old version that nothing names': (account) => oldFirst(account),
  'a version without an image': (account) => account.template('t', [undefined]),
  'what an ended refresh went to': (account) => {
    oldFirst(account);
    account.groups.push({ ...emptyGroup('g'), LaunchTemplate: template('5') });
    account.refreshes.set('g', [{ Status: 'Failed', DesiredConfiguration: { LaunchTemplate: template('1') } }]);
  },
  'a deleted fleet': (account) => {
    oldFirst(account);
    account.fleets.push({
      FleetId: 'fleet-1',
      FleetState: 'deleted_terminating',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: template('1') }],
    });
  },
  'a parameter of AWS': (account) => account.template('t', ['resolve:ssm:/aws/service/ami']),
  'a parameter that is not there': (account) => account.template('t', ['resolve:ssm:/p']),
};

describe('an image that is to be disabled', () => {
  functionEnvironment(environment);

  test('is disabled where nothing uses it', async () => {
    const cloud = cloudWithOld();
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(cloud.find(old)?.State).toBe('disabled');
  });

  // Pages of one entry: whatever is on a later page counts as well.
  test.each([staging, opsAccount].flatMap((account) => Object.keys(uses).map((use) => ({ use, account }))))(
    'stays for $use in $account',
    async ({ use, account }) => {
      const cloud = cloudWithOld();
      cloud.largestPage = 1;
      cloud.account(account).instances.push({ InstanceId: 'i-0', ImageId: other });
      cloud.account(account).parameters.set('/first', 'nothing');
      uses[use]!(cloud.account(account));
      expect((await cloud.invoke(retire)).error).toBeUndefined();
      expect(cloud.find(old)?.State).toBe('available');
      const reported = cloud.report.images.find(({ imageId }) => imageId === old);
      expect(reported).toMatchObject({ outcome: 'keep', reasons: ['it is in use'] });
      expect(reported?.usedBy[0]).toMatch(new RegExp(`^${account} `));
    },
  );

  test.each(Object.keys(noUses))('is disabled in spite of %s', async (use) => {
    const cloud = cloudWithOld();
    noUses[use]!(cloud.account(staging));
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(cloud.find(old)?.State).toBe('disabled');
  });

  test('stays, and the run fails, where a parameter of another account cannot be read', async () => {
    const cloud = cloudWithOld();
    cloud.account(staging).template('t', ['resolve:ssm:arn:aws:ssm:us-west-2:999999999999:parameter/p']);
    const { error } = await cloud.invoke(retire);
    expect(error?.message).toContain('launch template t version 1 of 222222222222 names its image by arn:aws:ssm');
    expect(cloud.find(old)?.State).toBe('available');
  });
});
