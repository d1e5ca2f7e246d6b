import { AutoScalingClient, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { idsOf, resolveImages } from '../../../cli/delivery/images/resolve';
import { readPointer } from '../../../cli/delivery/images/pointer';
import { validateImages, type ValidateImagesProps } from '../../../cli/delivery/validate-images';
import { rollOut } from '../../../cli/delivery/rollout/roll-out';
import { startFaultProxy } from '../../../lab/local-aws/fault-proxy';
import { deployCluster } from '../../../lab/rehearse/cluster';
import { listOf, policiesOf } from '../../support/policies';
import { stackOf, synthesize } from '../../support/synthesized';
import { describeWith, localAws } from '../../support/tools';
import { opsAccountId, production, staging, startAccounts, type Accounts } from './support/accounts';

describeWith([localAws], 'validation of images', () => {
  let accounts: Accounts;
  const first = { manager: '', prover: '' };
  const second = { manager: '', prover: '' };
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const noSleep = () => Promise.resolve();
  const ssm = () => new SSMClient(accounts.staging);
  const validated = async () => ({
    manager: await readPointer(ssm(), 'manager', 'validated'),
    prover: await readPointer(ssm(), 'prover', 'validated'),
  });
  const propsFor = (images: ValidateImagesProps['images'], dryRun = false): ValidateImagesProps => ({
    environment: 'staging',
    client: accounts.staging,
    images,
    report,
    dryRun,
    smoke: 'passed',
    pauses: [0],
    sleep: noSleep,
  });
  const validate = (images: ValidateImagesProps['images'], dryRun = false) => validateImages(propsFor(images, dryRun));
  const watching = (images: ValidateImagesProps['images'], client = accounts.staging) =>
    rollOut({
      environment: 'staging',
      client,
      images,
      report,
      limitMinutes: 1,
      everySeconds: 10,
      sleep: noSleep,
    });
  const validatingSource = () => ({ environment: 'staging', accountId: staging.accountId, client: accounts.staging });

  beforeAll(async () => {
    accounts = await startAccounts();
    for (const kind of ['manager', 'prover'] as const) {
      first[kind] = await accounts.share(kind, 'v1.2.1');
      second[kind] = await accounts.share(kind, 'v1.2.2');
      await accounts.point('staging', kind, 'latest', first[kind]);
    }
  }, 60_000);
  afterAll(() => accounts.aws.stop());
  beforeEach(() => {
    lines.length = 0;
  });

  const resolving = (requests: Parameters<typeof resolveImages>[0]['requests'], account = staging) =>
    resolveImages({
      requests,
      account,
      opsAccountId,
      client: account === staging ? accounts.staging : accounts.production,
      validating: validatingSource(),
    }).then(({ images }) => idsOf(images));
  const latest = { manager: { pointer: 'latest' }, prover: { pointer: 'latest' } } as const;
  const recorded = { manager: { pointer: 'validated' }, prover: { pointer: 'validated' } } as const;

  test('before anything is deployed there is nothing to validate', async () => {
    await expect(resolving(recorded, production)).rejects.toThrow(
      'staging has validated no images: there is no /boundless/ami/validated-images; run the pipeline prover-cluster-staging',
    );
    await expect(validate(first)).rejects.toThrow('There is no Auto Scaling group prover-cluster-staging-manager');
    expect(await validated()).toEqual({ manager: undefined, prover: undefined });
  });

  test('staging deploys the latest images, and then has recorded exactly those', async () => {
    expect(await resolving(latest)).toEqual(first);
    await deployCluster(accounts.staging, 'staging', first, 2);
    await watching(first);
    expect(lines).toEqual(
      (['manager', 'prover'] as const).map(
        (role) => `prover-cluster-staging-${role}: 2 of 2 instances in service and healthy on ${first[role]}`,
      ),
    );
    expect((await validate(first, true)).pointers).toMatchObject([{ was: undefined }, { was: undefined }]);
    expect(await validated()).toEqual({ manager: undefined, prover: undefined });
    await validate(first);
    expect(await validated()).toEqual(first);
    const { Parameters = [] } = await ssm().send(new DescribeParametersCommand({}));
    expect(Parameters.filter(({ Name }) => Name?.endsWith('/validated')).map(({ DataType }) => DataType)).toEqual([
      'aws:ec2:image',
      'aws:ec2:image',
    ]);
  });

  test('a repetition changes nothing', async () => {
    const { Parameters: before = [] } = await ssm().send(new DescribeParametersCommand({}));
    expect(await validate(first)).toEqual({
      pointers: [
        { role: 'manager', imageId: first.manager, was: first.manager, validated: true },
        { role: 'prover', imageId: first.prover, was: first.prover, validated: true },
      ],
      together: true,
    });
    const { Parameters: after = [] } = await ssm().send(new DescribeParametersCommand({}));
    expect(after.map(({ Version }) => Version)).toEqual(before.map(({ Version }) => Version));
  });

  test('what the groups do not run is never validated', async () => {
    await expect(validate(second)).rejects.toThrow(
      new RegExp(
        `staging does not run these images, so they are not validated:\\n.*it is to run ${first.manager}, not ${second.manager}`,
      ),
    );
    // One role is enough to refuse both.
    await expect(validate({ ...first, prover: second.prover })).rejects.toThrow(second.prover);
    expect(await validated()).toEqual(first);
  });

  test('production takes what staging recorded, whatever is latest', async () => {
    for (const kind of ['manager', 'prover'] as const)
      for (const environment of ['staging', 'production'] as const)
        await accounts.point(environment, kind, 'latest', second[kind]);
    expect(await resolving(recorded, production)).toEqual(first);
    expect(await resolving(latest)).toEqual(second);
  });

  test('a new image replaces the instances, and then the pointers move', async () => {
    await deployCluster(accounts.staging, 'staging', second);
    await watching(second);
    await validate(second);
    expect(await validated()).toEqual(second);
    expect(await resolving(recorded, production)).toEqual(second);
  });

  test('what production plans with ran together, at every moment of a validation', async () => {
    await deployCluster(accounts.staging, 'staging', first);
    await watching(first);
    const seen: Promise<unknown>[] = [];
    const proxy = await startFaultProxy(accounts.aws.endpoint, ({ action }) => {
      if (action !== 'ssm:PutParameter') return undefined;
      seen.push(resolving(recorded, production));
      return 'delay';
    });
    try {
      await validateImages({ ...propsFor(first), client: { ...accounts.staging, endpoint: proxy.endpoint } });
    } finally {
      await proxy.close();
    }
    expect(await Promise.all(seen)).toEqual([second, second, second]);
    expect(await resolving(recorded, production)).toEqual(first);
  });

  test('a validated image beside one of the operator is named to the reviewer', async () => {
    const requests = { manager: { id: second.manager }, prover: { pointer: 'validated' } } as const;
    const resolved = await resolveImages({
      requests,
      account: production,
      opsAccountId,
      client: accounts.production,
      validating: validatingSource(),
    });
    expect(idsOf(resolved.images)).toEqual({ manager: second.manager, prover: first.prover });
    expect(resolved.remarks).toEqual([`${second.manager} and ${first.prover} were not validated together in staging`]);
  });

  test('a rollback is the same with an older id', async () => {
    expect(await resolving({ manager: { id: first.manager }, prover: { id: first.prover } }, production)).toEqual(
      first,
    );
    await deployCluster(accounts.staging, 'staging', first);
    await watching(first);
    await validate(first);
    expect(await validated()).toEqual(first);
  });

  test('takes no right that the roles do not have, and of the deployment role every new one', async () => {
    const proxy = await startFaultProxy(accounts.aws.endpoint);
    const { region, credentials } = accounts.ops;
    const sts = new STSClient({ endpoint: proxy.endpoint, region, credentials });
    const through = async (role: string) => {
      const { Credentials } = await sts.send(
        new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${staging.accountId}:role/${role}`, RoleSessionName: 'test' }),
      );
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
      const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
      return { endpoint: proxy.endpoint, region, credentials: session };
    };
    const granted = (role: string) =>
      // Its own policy, and those that are attached to it.
      policiesOf(stackOf(synthesize(), 'staging'))
        .filter(({ owner, kind }) => kind === 'identity' && owner.startsWith(`staging/${role.replace(/-role$/, '')}-`))
        .flatMap(({ statements }) => statements.flatMap(({ Action }) => listOf(Action)));
    try {
      const client = await through('boundless-deployment-role');
      await resolveImages({ requests: latest, account: staging, opsAccountId, client });
      await deployCluster(accounts.staging, 'staging', second);
      await watching(second, client);
      await validateImages({ ...propsFor(second), client });
      const planning = await through('boundless-plan-role');
      await resolveImages({ requests: latest, account: staging, opsAccountId, client: planning });
    } finally {
      await proxy.close();
    }
    const asked = (role: string) => [
      ...new Set(proxy.calls.filter((call) => call.role?.endsWith(`/${role}`)).map(({ action }) => action)),
    ];
    for (const role of ['boundless-deployment-role', 'boundless-plan-role']) {
      expect(asked(role).length).toBeGreaterThan(0);
      expect(granted(role)).toEqual(expect.arrayContaining(asked(role)));
    }
    // What a rollout calls where a hook differs, another refresh runs, or there are no instances.
    expect(granted('boundless-deployment-role')).toEqual(
      expect.arrayContaining([
        'autoscaling:CancelInstanceRefresh',
        'autoscaling:PutLifecycleHook',
        'autoscaling:UpdateAutoScalingGroup',
      ]),
    );
    // Without its hook an instance ends without its drain: no pipeline needs to delete one.
    expect(granted('boundless-deployment-role')).not.toContain('autoscaling:DeleteLifecycleHook');
    expect(asked('boundless-deployment-role')).toEqual(
      expect.arrayContaining([
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeInstanceRefreshes',
        'autoscaling:DescribeScalingActivities',
        'autoscaling:StartInstanceRefresh',
        'ssm:PutParameter',
      ]),
    );
    await deployCluster(accounts.staging, 'staging', first);
    await watching(first);
    await validate(first);
  });

  test('a group that is empty on purpose is no failure, and validates no image', async () => {
    await deployCluster(accounts.staging, 'staging', second);
    await new AutoScalingClient(accounts.staging).send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: 'prover-cluster-staging-prover', DesiredCapacity: 0 }),
    );
    await watching(second);
    expect(lines.join('\n')).toContain('prover-cluster-staging-prover: 0 of 0 instances');
    const { pointers, together } = await validateImages(propsFor(second));
    expect(pointers.map(({ role, validated: moved }) => [role, moved])).toEqual([
      ['manager', true],
      ['prover', false],
    ]);
    expect(await validated()).toEqual({ manager: second.manager, prover: first.prover });
    // The new manager never ran with the old provers: production goes on to plan the images that ran together.
    expect(together).toBe(false);
    expect(await resolving(recorded, production)).toEqual(first);
  });

  test('images that are not there, of another kind, or without the tags of the account are refused together', async () => {
    const bare = await accounts.share('prover', 'v1.2.2', { tags: { Image: 'prover' } });
    const requests = { manager: { id: 'ami-00000000000000000' }, prover: { id: bare } };
    const refused = await resolving(requests, production).then(() => 'it was taken', String);
    expect(refused).toContain(
      'ami-00000000000000000 (manager): account 333333333333 does not see it; share it (make reconcile, in ops)',
    );
    expect(refused).toContain(`${bare} (prover): the tag ManagedBy is missing, not packer`);
    const swapped = { manager: { id: first.prover }, prover: { id: first.manager } };
    await expect(resolving(swapped, production)).rejects.toThrow(
      `${first.prover} (manager): the kind in its name is prover, not manager`,
    );
  });
});
