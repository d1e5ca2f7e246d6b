import { decide } from '../../../lambda/packer-ami-cleanup/decide/decide';
import type { Call } from '../../../lab/local-aws/fault-proxy';
import { functionEnvironment } from '../../support/function-environment';
import { emptyGroup } from './memory/world';
import { environment, MemoryCloud, now, policy } from './memory/cloud';
import { retire } from './support';
import { line, rules } from './decide/support';

interface Size {
  readonly images: number;
  readonly accounts: number;
  /** In all accounts together. */
  readonly instances: number;
  readonly versions: number;
}

const idOf = (n: number): string => `ami-${String(n).padStart(17, '0')}`;
const versionsPerTemplate = 20;

/** A factory that has baked for years, and the images of whose clusters are the newest ones. */
function factoryOf({ images, accounts, instances, versions }: Size): { cloud: MemoryCloud; accountIds: string[] } {
  const cloud = new MemoryCloud();
  for (let n = 0; n < images; n += 1) cloud.image(idOf(n), 40 + n);
  const accountIds = Array.from({ length: accounts }, (_, n) => String(200_000_000_000 + n));
  for (const id of accountIds) {
    const account = cloud.account(id);
    for (let n = 0; n < instances / accounts; n += 1)
      account.instances.push({ InstanceId: `i-${id}-${n}`, ImageId: idOf(n % 10) });
    for (let n = 0; n < versions / accounts / versionsPerTemplate; n += 1) {
      account.template(
        `t${n}`,
        Array.from({ length: versionsPerTemplate }, (_, version) => idOf(version + 20)),
        20,
      );
      account.groups.push({ ...emptyGroup(`g${n}`), LaunchTemplate: { LaunchTemplateId: `lt-t${n}`, Version: '1' } });
    }
    for (const pointer of ['latest', 'validated']) account.parameters.set(`/boundless/ami/manager/${pointer}`, idOf(0));
  }
  return { cloud, accountIds };
}

const counted = (calls: readonly Call[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { action } of calls) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
};

describe('a factory of many', () => {
  const size: Size = { images: 10_000, accounts: 50, instances: 20_000, versions: 5000 };
  const accountIds = Array.from({ length: size.accounts }, (_, n) => String(200_000_000_000 + n));
  functionEnvironment(() => environment(accountIds));

  test('is looked at within a minute, with as many calls as there are pages', async () => {
    const { cloud } = factoryOf(size);
    globalThis.gc?.();
    const [began, before] = [performance.now(), process.memoryUsage().heapUsed];
    const { error, calls } = await cloud.invoke({ ...retire, dryRun: true });
    const [seconds, megabytes] = [(performance.now() - began) / 1000, (process.memoryUsage().heapUsed - before) / 1e6];
    expect(error).toBeUndefined();
    expect(seconds).toBeLessThan(60);
    // What the function adds, garbage included; 256 MB are all that it has.
    expect(megabytes).toBeLessThan(256);
    const { accounts, images, instances, versions } = size;
    const templates = versions / versionsPerTemplate;
    expect(counted(calls)).toEqual({
      'autoscaling:DescribeAutoScalingGroups': accounts + 1,
      'autoscaling:DescribeInstanceRefreshes': templates,
      'autoscaling:DescribeLaunchConfigurations': accounts + 1,
      'ec2:DescribeFleets': accounts + 1,
      'ec2:DescribeImages': images / 500,
      // Each account has less than a page; twice in ops, where builders are looked for.
      'ec2:DescribeInstances': Math.ceil(instances / accounts / 500) * accounts + 2,
      'ec2:DescribeKeyPairs': 1,
      'ec2:DescribeLaunchTemplateVersions': templates,
      'ec2:DescribeLaunchTemplates': accounts + 2,
      'ec2:DescribeSecurityGroups': 1,
      'ec2:DescribeSnapshots': images / 500,
      'ec2:DescribeSpotFleetRequests': accounts + 1,
      'ec2:DescribeSpotInstanceRequests': accounts + 1,
      'ec2:DescribeVolumes': 1,
      's3:PutObject': 2,
      'ssm:DescribeParameters': accounts + 1,
      'ssm:GetParameters': accounts,
      'sts:AssumeRole': accounts,
    });
    const { summary } = cloud.reports.get('dry-run/latest.json') as typeof cloud.report;
    expect(summary.changed).toEqual({ deprecate: policy.changesPerRun, disable: 0, deregister: 0 });
  });

  test('takes twice the calls for twice of everything', async () => {
    const callsOf = async (factor: number) => {
      const { cloud, accountIds: ids } = factoryOf({
        images: 1000 * factor,
        accounts: 4 * factor,
        instances: 2000 * factor,
        versions: 400 * factor,
      });
      process.env['SERVICE_ACCOUNT_IDS'] = ids.join(',');
      return (await cloud.invoke({ ...retire, dryRun: true })).calls.length;
    };
    const [once, twice, fourTimes] = [await callsOf(1), await callsOf(2), await callsOf(4)];
    expect(fourTimes - twice).toBe(2 * (twice - once));
  });
});

test('10,000 images are decided about within a second', () => {
  const images = line(10_000);
  const began = performance.now();
  expect(decide(images, new Map(), rules, now)).toHaveLength(10_000);
  expect(performance.now() - began).toBeLessThan(1000);
});
