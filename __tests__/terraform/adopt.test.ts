import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { adopt, adoptedAddresses } from '../../cli/adopt/adopt';
import { stackOf, synthesize, type SynthesizedStack } from '../support/synthesized';
import { testFolder } from '../support/synthesized-once';
import { describeTerraform, TerraformStackRun } from '../support/terraform';
import before from './adopted-addresses.json';

type Resources = Record<string, Record<string, Record<string, unknown>>>;
interface Content {
  resource: Resources;
  removed?: unknown;
  moved?: { from: string; to: string }[];
  data?: Resources;
  ephemeral?: unknown;
}

const cluster = 'prover-cluster-staging';
const images = { TF_VAR_manager_image_id: 'ami-0123456789abcdef0', TF_VAR_prover_image_id: 'ami-0123456789abcdef0' };
const environment = {
  AWS_REGION: 'us-west-2',
  AWS_ACCESS_KEY_ID: 'AKIALOCAL',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_EC2_METADATA_DISABLED: 'true',
  ...images,
};
const contentOf = ({ directory }: SynthesizedStack) =>
  JSON.parse(readFileSync(path.join(directory, 'cdk.tf.json'), 'utf8')) as Content;
const rewrite = ({ directory }: { readonly directory: string }, content: Content) => {
  writeFileSync(path.join(directory, 'cdk.tf.json'), JSON.stringify(content));
};

const without = <T>(of: Readonly<Record<string, T>>, matches: (key: string, value: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(of).filter(([key, value]) => !matches(key, value)));

/** The stacks as they were when all of that belonged to the cluster's. */
function stacksOfBefore() {
  const stacks = synthesize();
  const [account, of] = [stackOf(stacks, 'staging'), stackOf(stacks, cluster)];
  const { moved = [], ephemeral, ...theirs } = contentOf(account);
  delete theirs.removed;
  const { removed, ...own } = contentOf(of);
  expect(removed).toBeDefined();
  for (const address of before) {
    const [type = '', name = ''] = address.split('.');
    const { permissions_boundary: boundary, ...args } = theirs.resource[type]![name]!;
    const capped = boundary === undefined ? {} : { permissions_boundary: 'arn:aws:iam::222222222222:policy/boundary' };
    (own.resource[type] ??= {})[name] = { ...args, ...capped };
  }
  const policies = without(theirs.resource['aws_iam_policy']!, (name) => name.includes('_Boundary_'));
  const named = Object.fromEntries(moved.map(({ from, to }) => [to.split('.')[1]!, from.split('.')[1]!]));
  theirs.resource = without(
    Object.fromEntries(
      Object.entries(theirs.resource).map(([type, ofType]) => [
        type,
        without(ofType, (name) => before.includes(`${type}.${name}`)),
      ]),
    ),
    (_, ofType) => Object.keys(ofType).length === 0,
  );
  theirs.resource['aws_iam_policy'] = {
    ...Object.fromEntries(Object.entries(policies).map(([name, args]) => [named[name] ?? name, args])),
    DeploymentRoles_NodeBoundary_B241AF60: { name: 'prover-cluster-node-boundary', policy: '{}' },
  };
  own.data = without(own.data!, (type) => type === 'aws_kms_key');
  const text = JSON.stringify({ ...own, ephemeral });
  rewrite(
    of,
    JSON.parse(text.replaceAll('data.aws_kms_key.ClusterKey.arn', 'aws_kms_key.Key_961B73FD.arn')) as Content,
  );
  rewrite(account, theirs);
  return { account: new TerraformStackRun(account, environment), cluster: new TerraformStackRun(of, environment) };
}

function adoption(): void {
  let old: ReturnType<typeof stacksOfBefore>;
  const lines: string[] = [];
  beforeAll(async () => {
    old = stacksOfBefore();
    for (const stack of [old.account, old.cluster]) {
      await stack.plan();
      await stack.apply();
    }
  }, 120_000);
  beforeEach(() => lines.splice(0));

  /** The stacks of now, with the states of before. */
  function now() {
    const stacks = synthesize();
    const run = (name: string, after: TerraformStackRun) =>
      new TerraformStackRun(stackOf(stacks, name), environment, after);
    return { account: run('staging', old.account), cluster: run(cluster, old.cluster) };
  }
  const adopting = (stacks: ReturnType<typeof now>, changes: Partial<Parameters<typeof adopt>[0]> = {}) =>
    adopt({
      folders: { account: stacks.account.directory, cluster: stacks.cluster.directory },
      backups: mkdtempSync(path.join(testFolder(), 'backups-')),
      clusterState: undefined,
      dryRun: false,
      report: (line) => lines.push(line),
      environment,
      ...changes,
    });
  const destroying = (changes: Awaited<ReturnType<TerraformStackRun['plan']>>) =>
    changes.filter(({ actions }) => actions.includes('delete')).map(({ address }) => address);

  test('moves every address that the cluster had, and then nothing is made, replaced or destroyed of them', async () => {
    const stacks = now();
    expect(
      [...adoptedAddresses({ account: stacks.account.directory, cluster: stacks.cluster.directory })].sort(),
    ).toEqual(before);
    expect(await adopting(stacks)).toBe(before.length);
    const [account, ofCluster] = [await stacks.account.plan(), await stacks.cluster.plan()];
    expect(account.filter(({ address }) => before.includes(address)).map(({ actions }) => actions)).not.toContain(
      expect.stringMatching(/create|delete/),
    );
    expect(account.filter(({ address, actions }) => before.includes(address) && actions !== 'update')).toEqual([]);
    expect(destroying(account)).toEqual([]);
    expect(ofCluster.filter(({ actions }) => actions !== 'update')).toEqual([]);
    expect(await adopting(stacks)).toBe(0);
  }, 120_000);

  test('a state that a deployment changed meanwhile is not written over, and the next run completes the move', async () => {
    const stacks = now();
    const changed = path.join(stacks.cluster.directory, 'terraform.tfstate');
    const deployed = () => {
      const state = JSON.parse(readFileSync(changed, 'utf8')) as { serial: number; outputs: object };
      const outputs = { ...state.outputs, deployed: { value: 'meanwhile', type: 'string' } };
      writeFileSync(changed, JSON.stringify({ ...state, serial: state.serial + 1, outputs }));
    };
    const report = (line: string) => {
      // Both states are read, and neither is written.
      if (line.startsWith('moves') && lines.push(line) === 1) deployed();
    };
    await expect(adopting(stacks, { report })).rejects.toThrow(/terraform state push .* failed[^]*serial/);
    expect(readFileSync(changed, 'utf8')).toContain('meanwhile');
    lines.splice(0);
    expect(await adopting(stacks)).toBe(0);
    expect(lines.filter((line) => line.startsWith('forgets'))).toHaveLength(before.length);
    expect(lines.filter((line) => line.startsWith('written'))).toEqual([`written  the state of ${cluster}`]);
    expect(readFileSync(changed, 'utf8')).toContain('meanwhile');
    expect((await stacks.cluster.state()).filter((address) => before.includes(address))).toEqual([]);
    expect((await stacks.account.state()).filter((address) => before.includes(address))).toHaveLength(before.length);
  }, 120_000);

  test('where the cluster was deployed first, it only forgets, and an older state has what moves', async () => {
    const stacks = now();
    const older = path.join(mkdtempSync(path.join(testFolder(), 'older-')), 'older.tfstate');
    writeFileSync(older, stacks.cluster.read('terraform.tfstate'));
    const changes = await stacks.cluster.plan();
    expect(destroying(changes)).toEqual([]);
    expect(changes.filter(({ actions }) => actions === 'forget').map(({ address }) => address)).toEqual(
      expect.arrayContaining(before),
    );
    await stacks.cluster.apply();
    expect(await adopting(stacks)).toBe(0);
    expect(await adopting(stacks, { clusterState: older })).toBe(before.length);
    const account = await stacks.account.plan();
    expect(account.filter(({ address, actions }) => before.includes(address) && actions !== 'update')).toEqual([]);
  }, 120_000);

  test('a dry run lists what would move, keeps copies, and changes no state', async () => {
    const stacks = now();
    const backups = mkdtempSync(path.join(testFolder(), 'backups-'));
    const states = () => [stacks.account, stacks.cluster].map((stack) => stack.read('terraform.tfstate').toString());
    const unchanged = states();
    expect(await adopting(stacks, { dryRun: true, backups })).toBe(before.length);
    expect(lines.filter((line) => line.startsWith('would move'))).toHaveLength(before.length);
    expect(states()).toEqual(unchanged);
    expect(readdirSync(backups)).toHaveLength(2);
  }, 120_000);
}

describeTerraform('resources that move to the account', stackOf(synthesize(), 'staging').directory, adoption);
