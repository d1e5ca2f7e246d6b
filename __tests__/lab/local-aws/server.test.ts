import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateVersionCommand,
  DescribeImagesCommand,
  EC2Client,
  EnableImageDeprecationCommand,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { startLocalAws } from '../../../lab/local-aws';
import { deployCluster } from '../../../lab/rehearse/cluster';
import { isListening } from '../../support/net';
import { describeWith, localAws } from '../../support/tools';

describeWith([localAws], 'the local AWS', () => {
  test('ends with the process that started it, even after a crash', async () => {
    const starter = spawn(process.execPath, ['cli/run.mjs', '__tests__/support/hold-local-aws.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(starter.stdout, 'data')) as [Buffer];
    const port = Number(new URL(line.toString().trim()).port);
    expect(await isListening(port)).toBe(true);
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    for (let look = 0; look < 50 && (await isListening(port)); look += 1) await sleep(100);
    expect(await isListening(port)).toBe(false);
  }, 60_000);

  test('hides deprecated images from whom they are shared with, unless they ask for the id', async () => {
    const aws = await startLocalAws('us-west-2');
    try {
      const owner = new EC2Client(await aws.clientSettings('111111111111'));
      const other = new EC2Client(await aws.clientSettings('222222222222'));
      const { ImageId = '' } = await owner.send(new RegisterImageCommand({ Name: 'boundless-manager-1' }));
      const LaunchPermission = { Add: [{ UserId: '222222222222' }] };
      await owner.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
      const Filters = [{ Name: 'image-id', Values: [ImageId] }];
      const seen = async (ec2: EC2Client, ask: DescribeImagesCommand['input']) =>
        (await ec2.send(new DescribeImagesCommand(ask))).Images?.length;

      await expect(
        owner.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: new Date(Date.now() - 1000) })),
      ).rejects.toThrow('is invalid for parameter');
      // Rounded down to this minute, or up to the next: only after that is it deprecated.
      const soon = new Date(Date.now() + 1000);
      await owner.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: soon }));
      expect(await seen(other, { ImageIds: [ImageId] })).toBe(1);
      expect(await seen(owner, { Filters })).toBe(1);
      const { Images: [image] = [] } = await owner.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
      const deprecated = Date.parse(image?.DeprecationTime ?? '') <= Date.now();
      expect(Date.parse(image?.DeprecationTime ?? '') % 60_000).toBe(0);
      expect(await seen(other, { Filters })).toBe(deprecated ? 0 : 1);
      expect(await seen(other, { Filters, IncludeDeprecated: true })).toBe(1);
    } finally {
      await aws.stop();
    }
  }, 60_000);

  test('instances keep the version that they were launched from, until a refresh replaces them', async () => {
    const aws = await startLocalAws('us-west-2');
    try {
      const settings = await aws.clientSettings('222222222222');
      const [ec2, autoScaling] = [new EC2Client(settings), new AutoScalingClient(settings)];
      const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: 'boundless-manager-1' }));
      const images = { manager: ImageId, prover: ImageId };
      await deployCluster(settings, 'staging', images);
      const name = { AutoScalingGroupName: 'prover-cluster-staging-manager' };
      const instance = async () => {
        const { AutoScalingGroups: [group] = [] } = await autoScaling.send(
          new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name.AutoScalingGroupName] }),
        );
        const [only] = group?.Instances ?? [];
        return [only?.InstanceId, only?.LaunchTemplate?.Version];
      };
      const refreshes = async () =>
        (await autoScaling.send(new DescribeInstanceRefreshesCommand(name))).InstanceRefreshes?.map(
          ({ Status }) => Status,
        );
      const [first, version] = await instance();
      expect([version, await refreshes()]).toEqual(['1', []]);

      const LaunchTemplateName = name.AutoScalingGroupName;
      const LaunchTemplateData = { ImageId, InstanceType: 't3.small' as const };
      await ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData }));
      const LaunchTemplate = { LaunchTemplateName, Version: '2' };
      await autoScaling.send(new UpdateAutoScalingGroupCommand({ ...name, LaunchTemplate }));
      expect(await instance()).toEqual([first, '1']);
      await autoScaling.send(new StartInstanceRefreshCommand(name));
      const [second, newer] = await instance();
      expect([newer, await refreshes()]).toEqual(['2', ['Successful']]);
      expect(second).not.toBe(first);
    } finally {
      await aws.stop();
    }
  }, 60_000);

  test('begins a rotation of a secret without a value, and never changes a version that has one', async () => {
    const aws = await startLocalAws('us-west-2');
    try {
      const client = new SecretsManagerClient(await aws.clientSettings('222222222222'));
      const SecretId = 'a-secret';
      await client.send(new CreateSecretCommand({ Name: SecretId }));
      const stages = async () => (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;
      const [first, second] = [randomUUID(), randomUUID()];
      const begin = (ClientRequestToken: string) =>
        client.send(
          new RotateSecretCommand({ SecretId, ClientRequestToken, RotationRules: { AutomaticallyAfterDays: 1 } }),
        );
      const put = (ClientRequestToken: string, SecretString: string) =>
        client.send(
          new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] }),
        );
      await begin(first);
      expect(await stages()).toEqual({ [first]: ['AWSPENDING'] });
      await expect(client.send(new GetSecretValueCommand({ SecretId }))).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
      await put(first, 'one');
      expect(await stages()).toEqual({ [first]: ['AWSPENDING', 'AWSCURRENT'] });
      await expect(put(first, 'other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
      await begin(second);
      await put(second, 'two');
      expect(await stages()).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('one');
    } finally {
      await aws.stop();
    }
  }, 60_000);
});
