import path from 'node:path';
import {
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { run } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';
import { ec2Error } from './support/ec2-proxy';
import { opsAccount, sourceImage } from './support/ops-account';

jest.setTimeout(300_000);

describeWith(['aws', localAws], 'what Packer left of a build', () => {
  const ops = opsAccount();
  let builds = 0;

  /** What a crash of the plugin leaves of a build, by its tag. */
  async function leave(): Promise<string> {
    const build = `build:${(builds += 1)}`;
    const tagged = <T extends string>(ResourceType: T) => [{ ResourceType, Tags: [{ Key: 'BuildId', Value: build }] }];
    const instance = { ImageId: sourceImage, MinCount: 1, MaxCount: 1 };
    const name = `packer_${builds}`;
    await ops.ec2.send(new RunInstancesCommand({ ...instance, TagSpecifications: tagged('instance') }));
    await ops.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        LaunchTemplateData: { ImageId: sourceImage },
        TagSpecifications: tagged('launch-template'),
      }),
    );
    await ops.ec2.send(new CreateKeyPairCommand({ KeyName: name, TagSpecifications: tagged('key-pair') }));
    await ops.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: name,
        TagSpecifications: tagged('security-group'),
      }),
    );
    return build;
  }

  /** How many of each are there: running instances, launch templates, keys and groups. */
  async function left(build: string): Promise<readonly number[]> {
    const Filters = [{ Name: 'tag:BuildId', Values: [build] }];
    const { Reservations = [] } = await ops.ec2.send(new DescribeInstancesCommand({ Filters }));
    const running = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State }) => State?.Name === 'running',
    );
    const { LaunchTemplates } = await ops.ec2.send(new DescribeLaunchTemplatesCommand({ Filters }));
    const { KeyPairs } = await ops.ec2.send(new DescribeKeyPairsCommand({ Filters }));
    const { SecurityGroups } = await ops.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    return [running.length, LaunchTemplates!.length, KeyPairs!.length, SecurityGroups!.length];
  }

  const end = (...args: string[]) =>
    run(path.resolve('packer/build/end-leftovers.sh'), args, { env: { ...ops.environment, LEFTOVER_PAUSE: '0' } });

  test('goes, and that of another build stays', async () => {
    const [one, other] = [await leave(), await leave()];
    expect(await left(one)).toEqual([1, 1, 1, 1]);
    expect(await end(one)).toMatchObject({ code: 0 });
    expect([await left(one), await left(other)]).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
    // Again: nothing is there, which is no failure.
    expect(await end(one)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('after a bake that succeeded, only instances are looked for', async () => {
    const build = await leave();
    expect(await end(build, 'instances')).toMatchObject({ code: 0 });
    expect(await left(build)).toEqual([0, 1, 1, 1]);
  });

  test('an instance that EC2 shows late is ended too', async () => {
    const build = await leave();
    let looks = 0;
    ops.proxy.change = ({ action, parameters }, body) =>
      action === 'DescribeInstances' && parameters.get('Filter.1.Value.1') === build && (looks += 1) === 1
        ? body.replace(/<reservationSet>[^]*<\/reservationSet>/, '<reservationSet/>')
        : body;
    expect(await end(build)).toMatchObject({ code: 0 });
    expect((await left(build))[0]).toBe(0);
  });

  test('a resource that EC2 does not delete is named, and does not keep the others', async () => {
    const build = await leave();
    ops.proxy.answer = ({ action }) =>
      ['TerminateInstances', 'DeleteLaunchTemplate'].includes(action)
        ? ec2Error('UnauthorizedOperation', 'You are not authorized to perform this operation.')
        : undefined;
    const { code, stderr } = await end(build);
    expect([code, await left(build)]).toEqual([1, [1, 1, 0, 0]]);
    expect(stderr).toMatch(/end-leftovers: instances stay: (i-[0-9a-f]+); .*terminate-instances --instance-ids \1/);
    expect(stderr).toMatch(/end-leftovers: the launch template lt-[0-9a-f]+ stays/);
  });
});
