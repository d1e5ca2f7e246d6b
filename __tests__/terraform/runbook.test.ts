import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { CreateVolumeCommand, DescribeSnapshotsCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { FactoryConfig } from '../../config';
import { factory } from '../../config';
import { parse } from '../../cli/delivery/arguments';
import { startLocalAws, type LocalAws } from '../../lab/local-aws';
import { terraformEnvironment } from '../../cli/terraform/run';
import { bash, temporaryFolder, writeStandIns } from '../scripts/support';
import { withDataVolume, withManager, withStaging, type Change } from '../support/clusters';
import { bashIn, sectionOf } from '../support/document';
import { resourcesOf, stackOf, synthesize } from '../support/synthesized';
import { describeTerraform, TerraformStackRun } from '../support/terraform';
import { describeWith } from '../support/tools';

const name = 'prover-cluster-staging';
const account = '222222222222';
const images = { TF_VAR_manager_image_id: 'ami-0123456789abcdef0', TF_VAR_prover_image_id: 'ami-0fedcba9876543210' };
const blocks = (heading: string) => bashIn(sectionOf('docs/runbook.md', `## ${heading}`));
const one = (heading: string, index = 0): string => {
  const block = blocks(heading)[index];
  if (block === undefined) throw new Error(`the runbook has no block ${index} below ${heading}`);
  return block;
};

/** The commands of the runbook, as an operator types them in the repository's folder; deployments go through the real Terraform. */
function runbook(): void {
  let aws: LocalAws;
  let environment: Record<string, string>;
  let cluster: TerraformStackRun;
  const folder = temporaryFolder();
  /** Programs that are not tried here print their arguments. */
  const printing = (program: string) => `printf '%s\\n' "${program} $*"`;
  const standIns = writeStandIns(path.join(folder, 'bin'), { npm: printing('npm'), npx: printing('npx') });

  const of = (configuration: FactoryConfig, after?: TerraformStackRun) =>
    new TerraformStackRun(stackOf(synthesize({ factory: configuration }), name), environment, after);
  /** Deploys a configuration after the one before: what changes, by address and action. */
  async function deploy(configuration: FactoryConfig) {
    const next = of(configuration, cluster);
    const changes = await next.plan();
    await next.apply();
    cluster = next;
    return changes.map(({ address, actions }) => `${address.replace(/_[0-9A-F]{8}$/, '')} ${actions}`);
  }
  async function type(script: string, programs = standIns) {
    const stacks = path.join(folder, 'cdktf.out', 'stacks');
    await bash(`rm -rf ${stacks}`);
    mkdirSync(stacks, { recursive: true });
    symlinkSync(cluster.directory, path.join(stacks, name));
    const inherited = terraformEnvironment(environment) as Record<string, string>;
    const { code, stdout, stderr } = await bash(script, { cwd: folder, env: inherited, standIns: programs });
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  }

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    environment = { ...(await aws.environment(account)), ...images };
    cluster = of(factory);
    await cluster.plan();
    await cluster.apply();
  }, 120_000);
  afterAll(() => aws.stop());

  test('first deployment: the command that follows it is an output of the stack', async () => {
    const command = one('First deployment in empty accounts').trim();
    expect(await type(`terraform -chdir=cdktf.out/stacks/${name} output -raw rollout`)).toBe(command);
    // What make runs.
    const { stdout } = await bash(`make --no-print-directory --dry-run ${command.replace('make ', '')}`);
    const [, args = ''] = /npm run --silent delivery -- (.*)/.exec(stdout) ?? [];
    const { stdout: words } = await bash(`printf '%s\\n' ${args}`);
    expect(parse(words.trim().split('\n'), {})).toMatchObject({
      command: 'rollout',
      ignoreAlarms: false,
      variables: { ENVIRONMENT: 'staging' },
    });
  }, 60_000);

  test('outputs: names, addresses, and a shell', async () => {
    const programs = writeStandIns(path.join(folder, 'shell'), {
      aws: `if [[ $1 == autoscaling ]]; then echo i-0123456789abcdef0; else printf '%s\\n' "aws $*"; fi`,
    });
    const output = await type(one('First deployment in empty accounts', 1), programs);
    expect(output).toContain(`manager_group = "${name}-manager"`);
    expect(output).toMatch(/^api_endpoint = "http:\/\/10\.20\.0\.10:8081"$/m);
    expect(output).toMatch(/^aws ssm start-session --region us-west-2 --target i-0123456789abcdef0$/m);
  }, 60_000);

  describeWith(['aws'], 'with the AWS CLI', () => {
    test('snapshot: of the volume that Terraform names, and listed', async () => {
      const ec2 = new EC2Client(await aws.clientSettings(account));
      const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-west-2a', Size: 1 }));
      const asked = path.join(folder, 'asked');
      // Terraform's own answer is the id of a volume that no EC2 has here.
      const programs = writeStandIns(path.join(folder, 'volume'), {
        terraform: `printf '%s\\n' "$*" >${asked}; printf '%s' ${VolumeId!}`,
      });
      const output = await type(one('Snapshot and restore the data volume'), programs);
      const { Snapshots } = await ec2.send(
        new DescribeSnapshotsCommand({ Filters: [{ Name: 'volume-id', Values: [VolumeId!] }] }),
      );
      expect(Snapshots).toHaveLength(1);
      expect(output).toContain(`\n${Snapshots![0]!.SnapshotId!}\t`);
      // As the volume is named, and with it the snapshots of each night.
      const [volume] = resourcesOf(stackOf(synthesize(), name), 'aws_ebs_volume');
      expect(volume).toMatchObject({ tags: { Name: Snapshots![0]!.Tags!.find(({ Key }) => Key === 'Name')!.Value } });
      const { stdout } = await bash(`terraform ${readFileSync(asked, 'utf8')}`, {
        cwd: folder,
        env: terraformEnvironment(environment) as Record<string, string>,
      });
      expect(stdout).toBe(volumeOf(await cluster.run(['show', '-json'])));
    }, 60_000);
  });

  test('restore: the manager first, then another volume; nothing is destroyed', async () => {
    expect(await deploy(withManager({ desired: 0 }))).toEqual(['aws_autoscaling_group.ManagerGroup update']);
    expect(await deploy(withDataVolume({ restoredFrom: ['snap-0123456789abcdef0'] }))).toEqual([
      'aws_autoscaling_group.ManagerGroup update',
      'aws_ebs_volume.data_volume forget',
      'aws_ebs_volume.data_volume_snap_0123456789abcdef0 create',
      'aws_ssm_parameter.Data_Parameters_settings update',
    ]);
  }, 60_000);

  test('the loss of a zone: the manager lives in another one, with its data', async () => {
    const changes = await deploy(withStaging(inAnotherZone));
    expect(changes).toContain('aws_ebs_volume.data_volume_snap_0123456789abcdef1 create');
    expect(changes).toContain('aws_ebs_volume.data_volume_snap_0123456789abcdef0 forget');
    expect(changes).toContain('aws_autoscaling_group.ManagerGroup update');
    // Where the manager's address is kept free; the real provider replaces it.
    const reservation = 'aws_ec2_subnet_cidr_reservation.Network_ManagerAddress ';
    expect(changes.some((change) => change.startsWith(reservation))).toBe(true);
    expect(changes.filter((change) => change.includes('delete') && !change.startsWith(reservation))).toEqual([]);
  }, 60_000);

  test('tear down: instances, then all but what holds data', async () => {
    const noManager: Change = ({ manager }) => ({ manager: { ...manager, desired: 0 } });
    const noProvers: Change = ({ prover }) => ({ prover: { ...prover, min: 0, desired: 0, scaling: null } });
    expect(await deploy(withStaging(inAnotherZone, noManager))).toEqual(['aws_autoscaling_group.ManagerGroup update']);
    expect(await deploy(withStaging(inAnotherZone, noManager, noProvers))).toEqual([
      'aws_autoscaling_group.ProverGroup update',
    ]);
    const before = await cluster.state();
    const printed = await type(one('Tear down'));
    expect(printed.trim().split('\n').at(-1)).toBe(`npx cdktf destroy ${name}`);
    const kept = before.filter((address) => address.startsWith('aws_ebs_volume.'));
    const after = await cluster.state();
    expect(before.filter((address) => !after.includes(address)).sort()).toEqual([...kept].sort());
    // What must not be destroyed, and what protects it.
    expect(new Set(kept.map((address) => address.split('.')[0]))).toEqual(new Set(['aws_ebs_volume']));
    const { code, output } = await cluster.destroy();
    expect([code, output]).toEqual([0, expect.stringContaining('Destroy complete!')]);
    expect(await cluster.run(['state', 'list'])).toBe('');
  }, 120_000);
}

/** Staging whose first zone is lost, and whose data comes from a snapshot. */
const inAnotherZone: Change = ({ network, manager }) => {
  if (network.kind !== 'own') throw new Error('staging has no network of its own');
  const [lost, taken, ...others] = network.subnets;
  if (lost === undefined || taken === undefined) throw new Error('staging has one zone');
  return {
    network: {
      ...network,
      subnets: [taken, lost, ...others],
      natSubnets: [{ zone: 'b', cidr: '10.20.240.16/28' }, ...network.natSubnets],
      managerAddress: '10.20.16.10',
    },
    manager: {
      ...manager,
      dataVolume: { ...manager.dataVolume, restoredFrom: ['snap-0123456789abcdef0', 'snap-0123456789abcdef1'] },
    },
  };
};

/** The data volume's id in a state. */
function volumeOf(shown: string): string {
  const { values } = JSON.parse(shown) as {
    values: { root_module: { resources: { type: string; values: { id: string } }[] } };
  };
  return values.root_module.resources.find(({ type }) => type === 'aws_ebs_volume')!.values.id;
}

describeTerraform('the runbook', stackOf(synthesize(), name).directory, runbook);
