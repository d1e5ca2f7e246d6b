import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { factory } from '../../../config';
import { costsCommand, imageGib } from '../../../cli/costs/cli';
import { linesOf, UnknownPriceError, type Resources } from '../../../cli/costs/lines';
import { prices } from '../../../config/prices';
import { temporaryFolder } from '../../scripts/support';
import { runCommand } from '../../support/run-command';
import { stackOf, synthesize } from '../../support/synthesized';

const group = (spec: Record<string, unknown>): Resources => ({
  aws_launch_template: {
    T: { instance_type: 'g6.xlarge', block_device_mappings: [{ ebs: { volume_size: 100 } }] },
  },
  aws_autoscaling_group: { G: { name: 'g', launch_template: { id: '${aws_launch_template.T.id}' }, ...spec } },
});
const mixed = (base: number, percentage: number, type = 'g6.xlarge') => ({
  mixed_instances_policy: {
    instances_distribution: {
      on_demand_base_capacity: base,
      on_demand_percentage_above_base_capacity: percentage,
    },
    launch_template: { override: [{ instance_type: type }, { instance_type: 'g5.xlarge' }] },
  },
});
const month = (prices.instanceHour['g6.xlarge'] ?? NaN) * prices.hoursPerMonth;

test.each([
  ['all on demand without a policy', 2, {}, { 'on demand': 2 }],
  ['the base on demand, the rest on spot', 6, mixed(4, 0), { 'on demand': 4, 'on spot': 2 }],
  ['a base above the desired size', 1, mixed(4, 0), { 'on demand': 1 }],
  ['a share above the base, rounded up', 5, mixed(2, 50), { 'on demand': 4, 'on spot': 1 }],
  ['none', 0, mixed(4, 0), {}],
])('instances: %s', (_, desired, policy, expected) => {
  const lines = linesOf(group({ desired_capacity: desired, ...policy })).filter(({ what }) =>
    what.includes('g6.xlarge'),
  );
  const counted = lines.map(({ what, usd }) => {
    const kind = what.includes('spot') ? 'on spot' : 'on demand';
    return [kind, Math.round(usd / (kind === 'on spot' ? month * prices.spotShare : month))];
  });
  expect(Object.fromEntries(counted)).toEqual(expected);
});

test('a type without a price is named with the file, and never counted as nothing', () => {
  const priced = () => linesOf(group({ desired_capacity: 1, ...mixed(0, 0, 'p9.large') }));
  expect(priced).toThrow(UnknownPriceError);
  expect(priced).toThrow(
    'There is no price of p9.large, which g takes first; add its on-demand price of an hour to config/prices.ts.',
  );
});

test('each type that the configuration takes first has a price', () => {
  for (const { manager, prover } of factory.environments as readonly {
    manager?: { instanceType: string };
    prover?: { instanceTypes: readonly string[] };
  }[])
    for (const type of [manager?.instanceType, prover?.instanceTypes[0]])
      if (type !== undefined) expect(prices.instanceHour[type]).toBeGreaterThan(0);
});

test('sizes of images are those of the templates', () => {
  const variables = readFileSync('packer/variables.pkr.hcl', 'utf8');
  const size = (name: string) =>
    Number(new RegExp(`variable "${name}" \\{[^}]*default\\s+= (\\d+)`).exec(variables)?.[1]);
  const gpu = size('gpu_root_volume_gib');
  expect(imageGib).toEqual({ manager: size('root_volume_gib'), prover: gpu, bento: gpu });
});

describe('the command', () => {
  const root = process.cwd();
  const work = temporaryFolder();
  beforeAll(() => {
    const synthesized = path.resolve(stackOf(synthesize(), 'ops').directory, '../..');
    symlinkSync(synthesized, path.join(work, 'cdktf.out'));
  });
  afterEach(() => {
    process.chdir(root);
  });
  const costs = async (folder: string, ...args: string[]) => {
    process.chdir(folder);
    const ended = await runCommand(costsCommand, args);
    process.chdir(root);
    return ended;
  };

  test('prints what docs/costs.md shows', async () => {
    const { code, stdout, stderr } = await costs(work);
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync('docs/costs.md', 'utf8')).toContain(`$ make costs\n${stdout}\`\`\``);
  });

  test('--json has the same of the stacks that are asked for, and their sum', async () => {
    const { stdout } = await costs(work, 'staging', 'ops', '--json');
    const { usd, stacks } = JSON.parse(stdout) as {
      usd: number;
      stacks: { stack: string; usd: number; lines: { usd: number }[] }[];
    };
    expect(stacks.map(({ stack }) => stack)).toEqual(['ops', 'staging']);
    for (const one of stacks) expect(one.usd).toBeCloseTo(one.lines.reduce((sum, line) => sum + line.usd, 0));
    expect(usd).toBeCloseTo(stacks.reduce((sum, one) => sum + one.usd, 0));
  });

  test('a stack that is not there, and no synthesis, name the fix', async () => {
    expect(await costs(work, 'moon')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no stack moon; use one of ops, production,') as string,
    });
    expect(await costs(path.dirname(work))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run `make synth` first') as string,
    });
  });
});
