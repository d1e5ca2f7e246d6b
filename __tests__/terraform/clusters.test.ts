import type { FactoryConfig } from '../../config';
import { factory } from '../../config';
import { startLocalAws, type LocalAws } from '../../tools/local-aws';
import type { ProviderSource } from '../../tools/terraform/provider';
import { extremes, together, withDataVolume, withProvers } from '../support/clusters';
import { stackOf, synthesize } from '../support/synthesized';
import { describeTerraform, TerraformStackRun } from '../support/terraform';

const name = 'prover-cluster-staging';
const images = { TF_VAR_manager_image_id: 'ami-0123456789abcdef0', TF_VAR_prover_image_id: 'ami-0123456789abcdef0' };

function clusters(source: ProviderSource): void {
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

    test('another image changes the template, and with it the group: what it starts, and the refresh', async () => {
      const changes = await stack.plan({ TF_VAR_prover_image_id: 'ami-0123456789abcdef1' });
      expect(changes).toEqual(
        [
          // The number of a template's newest version is known again after the change; only the real provider says so.
          ...(source === 'reattached' ? [] : [/^aws_autoscaling_group\.ProverGroup_/]),
          /^aws_launch_template\.ProverTemplate_/,
        ].map((address) => ({ address: expect.stringMatching(address) as string, actions: 'update' })),
      );
      const cluster = stackOf(synthesize(), name);
      const namesTheTemplate = Object.entries(cluster.resource)
        .flatMap(([type, byId]) => Object.entries(byId).map(([id, args]) => [`${type}.${id}`, JSON.stringify(args)]))
        .filter(([, args]) => /aws_launch_template\.ProverTemplate_\w+\.(id|latest_version)/.test(args!))
        .map(([address]) => address);
      expect(namesTheTemplate).toEqual([expect.stringMatching(/^aws_autoscaling_group\.ProverGroup_/)]);
    }, 120_000);

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
