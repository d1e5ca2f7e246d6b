import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FactoryConfig } from '../../config';
import { factory } from '../../config';
import { startLocalAws, type LocalAws } from '../../lab/local-aws';
import { extremes, together, withDataVolume, withProvers } from '../support/clusters';
import { stackOf, synthesize } from '../support/synthesized';
import { describeTerraform, TerraformStackRun } from '../support/terraform';

const name = 'prover-cluster-staging';
const images = { TF_VAR_manager_image_id: 'ami-0123456789abcdef0', TF_VAR_prover_image_id: 'ami-0123456789abcdef0' };

function clusters(): void {
  let aws: LocalAws;
  let environment: Record<string, string>;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    environment = { ...(await aws.environment('222222222222')), ...images };
  });
  afterAll(() => aws.stop());

  const of = (configuration: FactoryConfig, after?: TerraformStackRun) =>
    new TerraformStackRun(stackOf(synthesize({ factory: configuration }), name), environment, after);
  async function applied(configuration: FactoryConfig): Promise<TerraformStackRun> {
    const stack = of(configuration);
    const changes = await stack.plan();
    expect(new Set(changes.map(({ actions }) => actions))).toEqual(new Set(['create']));
    await stack.apply();
    return stack;
  }

  test('every extreme is applied below', () => {
    expect(together.flatMap(([names]) => names.split(', ')).sort()).toEqual(Object.keys(extremes).sort());
  });

  test.each(together)(
    '%s: is applied, and then nothing is left to do',
    async (_, configuration) => {
      const stack = await applied(configuration);
      expect(await stack.plan()).toEqual([]);
    },
    120_000,
  );

  describe('a cluster that is there', () => {
    let stack: TerraformStackRun;
    beforeAll(async () => {
      stack = await applied(factory);
    }, 120_000);

    test('another image changes the template and what a rollout is asked for, and no group', async () => {
      const changes = await stack.plan({ TF_VAR_prover_image_id: 'ami-0123456789abcdef1' });
      expect(changes).toEqual(
        [/^aws_launch_template\.ProverTemplate_/, /^aws_ssm_parameter\.Rollout_/].map((address) => ({
          address: expect.stringMatching(address) as string,
          actions: 'update',
        })),
      );
    }, 120_000);

    test('another heartbeat changes what a rollout is asked for: no group is replaced', async () => {
      const slower = of(factory, stack);
      const file = path.join(slower.directory, 'cdk.tf.json');
      const text = readFileSync(file, 'utf8');
      const changed = text
        .replaceAll('"heartbeat_timeout": 900', '"heartbeat_timeout": 1200')
        .replaceAll('\\"HeartbeatTimeout\\":900', '\\"HeartbeatTimeout\\":1200');
      expect(changed).not.toBe(text);
      writeFileSync(file, changed);
      expect(await slower.plan()).toEqual([
        { address: expect.stringMatching(/^aws_ssm_parameter\.Rollout_/) as string, actions: 'update' },
      ]);
    }, 120_000);

    test('a deployment of before is taken over: hooks are forgotten, and no group is replaced', async () => {
      const before = of(factory, stack);
      // As Terraform had them: hooks as resources, and the refresh in the group.
      const content = JSON.parse(readFileSync(path.join(before.directory, 'cdk.tf.json'), 'utf8')) as {
        removed?: { from: string }[];
        resource: Record<string, Record<string, Record<string, unknown>>>;
      };
      const addresses = (content.removed ?? [])
        .filter(({ from }) => from.startsWith('aws_autoscaling_lifecycle_hook.'))
        .map(({ from }) => from.split('.')[1]!);
      expect(addresses).toHaveLength(4);
      delete content.removed;
      const groups = Object.entries(content.resource['aws_autoscaling_group']!);
      content.resource['aws_autoscaling_lifecycle_hook'] = Object.fromEntries(
        addresses.map((address) => {
          const [id, group] = groups.find(([key]) => key.startsWith(address.split('_')[0]!))!;
          const hooks = group['initial_lifecycle_hook'] as Record<string, unknown>[];
          const hook = hooks.find(({ name }) => address.includes(String(name)));
          return [address, { ...hook, autoscaling_group_name: `\${aws_autoscaling_group.${id}.name}` }];
        }),
      );
      for (const [, group] of groups) {
        delete group['lifecycle'];
        group['instance_refresh'] = { strategy: 'Rolling', preferences: { auto_rollback: true } };
      }
      content.resource['aws_ssm_parameter'] = Object.fromEntries(
        Object.entries(content.resource['aws_ssm_parameter']!).filter(([id]) => !id.startsWith('Rollout_')),
      );
      writeFileSync(path.join(before.directory, 'cdk.tf.json'), JSON.stringify(content));
      await before.plan();
      await before.apply();
      const changes = await of(factory, before).plan();
      expect(
        changes.map(({ address, actions }) => `${address.replace(/_[0-9A-F]{8}$/, '')} ${actions}`).sort(),
      ).toEqual([
        'aws_autoscaling_group.ManagerGroup update',
        'aws_autoscaling_group.ProverGroup update',
        'aws_autoscaling_lifecycle_hook.ManagerGroup_bento-launch forget',
        'aws_autoscaling_lifecycle_hook.ManagerGroup_bento-terminate forget',
        'aws_autoscaling_lifecycle_hook.ProverGroup_bento-launch forget',
        'aws_autoscaling_lifecycle_hook.ProverGroup_bento-terminate forget',
        'aws_ssm_parameter.Rollout create',
      ]);
    }, 120_000);

    test('on the way down nothing that instances need goes before them, and the manager before the provers', () => {
      const { resources } = JSON.parse(stack.read('terraform.tfstate').toString()) as {
        resources: { type: string; name: string; instances: { dependencies?: string[] }[] }[];
      };
      const before = (group: string) =>
        resources
          .filter(({ instances }) =>
            instances.some(({ dependencies = [] }) =>
              dependencies.some((address) => address.startsWith(`aws_autoscaling_group.${group}`)),
            ),
          )
          .map(({ type, name: id }) => `${type}.${id.replace(/_[0-9A-F]{8}$/, '')}`)
          .sort();
      // Terraform destroys what depends on something before it.
      expect(before('ManagerGroup')).toEqual(['aws_ssm_parameter.Rollout']);
      expect(before('ProverGroup')).toEqual(['aws_autoscaling_group.ManagerGroup', 'aws_ssm_parameter.Rollout']);
    });

    test('more provers change their group, and nothing else', async () => {
      const more = of(withProvers({ desired: 3 }), stack);
      expect(await more.plan()).toEqual([
        { address: expect.stringMatching(/^aws_autoscaling_group\.ProverGroup_/) as string, actions: 'update' },
      ]);
    }, 120_000);

    test('a restored volume is a new one; the one before is forgotten, and never destroyed', async () => {
      const [first, second] = ['snap-0123456789abcdef0', 'snap-0123456789abcdef1'] as const;
      const restored = of(withDataVolume({ restoredFrom: [first] }), stack);
      expect(await restored.plan()).toEqual([
        { address: 'aws_ebs_volume.data_volume', actions: 'forget' },
        { address: 'aws_ebs_volume.data_volume_snap_0123456789abcdef0', actions: 'create' },
        {
          address: expect.stringMatching(/^aws_ssm_parameter\.Data_Parameters_settings_/) as string,
          actions: 'update',
        },
      ]);
      await restored.apply();
      expect((await restored.state()).filter((address) => address.startsWith('aws_ebs_volume.'))).toEqual([
        'aws_ebs_volume.data_volume_snap_0123456789abcdef0',
      ]);
      expect(await restored.plan()).toEqual([]);
      const again = of(withDataVolume({ restoredFrom: [first, second] }), restored);
      const changes = await again.plan();
      expect(changes.filter(({ actions }) => actions.includes('delete'))).toEqual([]);
      expect(changes.map(({ actions }) => actions)).toEqual(['forget', 'create', 'update']);
    }, 120_000);

    test('it is not destroyed with its data', async () => {
      const { code, output } = await stack.destroy();
      expect(code).toBe(1);
      expect(output).toContain('Instance cannot be destroyed');
      expect(output).toContain('aws_ebs_volume.data_volume');
    }, 120_000);
  });
}

describeTerraform('clusters in Terraform', stackOf(synthesize(), name).directory, clusters);
