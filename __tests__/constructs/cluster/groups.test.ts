import { validated } from '../../../config';
import { instanceRoles, type InstanceRole } from '../../../config/names';
import type { GroupRollout } from '../../../config/rollout';
import { existingVpc, withDataVolume, withManager, withProvers, withStaging } from '../../support/clusters';
import { resourcesOf, resourceWith, stackOf, synthesize, type SynthesizedStack } from '../../support/synthesized';

const stacks = synthesize();
const staging = stackOf(stacks, 'prover-cluster-staging');
const production = stackOf(stacks, 'prover-cluster-production');
const changed = (factory: Parameters<typeof synthesize>[0]): SynthesizedStack =>
  stackOf(synthesize(factory), 'prover-cluster-staging');
const groupOf = (stack: SynthesizedStack, role: string) =>
  resourceWith(stack, 'aws_autoscaling_group', 'name', `${stack.name}-${role}`);
/** What the stack publishes for rollouts; Terraform fills ids and versions in. */
const rolloutOf = (stack: SynthesizedStack) => {
  const [parameter] = resourcesOf(stack, 'aws_ssm_parameter').filter(({ name }) => String(name).endsWith('/rollout'));
  return JSON.parse(String(parameter!['insecure_value'])) as Readonly<Record<InstanceRole, GroupRollout>>;
};

describe.each([staging, production])('$name', (stack) => {
  test('there is one manager at most, where its data volume is', () => {
    expect(groupOf(stack, 'manager')).toMatchObject({ min_size: 1, desired_capacity: 1, max_size: 1 });
    expect(groupOf(stack, 'manager')['vpc_zone_identifier']).toEqual([
      expect.stringMatching(/^\$\{aws_subnet\.Network_Private-a_\w+\.id\}$/),
    ]);
    expect(resourcesOf(stack, 'aws_ebs_volume')).toMatchObject([{ availability_zone: 'us-west-2a' }]);
  });

  test('the old manager ends before the new one starts: nobody else may hold the volume', () => {
    expect(groupOf(stack, 'manager')).toMatchObject({
      instance_maintenance_policy: { min_healthy_percentage: 0, max_healthy_percentage: 100 },
    });
    expect(rolloutOf(stack).manager.preferences).toMatchObject({ MinHealthyPercentage: 0, MaxHealthyPercentage: 100 });
  });

  test('provers are in every zone, of every type, spot and on demand', () => {
    expect(groupOf(stack, 'prover')['vpc_zone_identifier']).toHaveLength(3);
    expect(groupOf(stack, 'prover')).toMatchObject({
      capacity_rebalance: true,
      suspended_processes: ['AZRebalance'],
      mixed_instances_policy: {
        launch_template: {
          launch_template_specification: {
            version: expect.stringMatching(/^\$\{aws_launch_template\.ProverTemplate_\w+\.latest_version\}$/) as string,
          },
        },
        instances_distribution: { spot_allocation_strategy: 'capacity-optimized-prioritized' },
      },
    });
  });

  test('an instance that reports nothing at launch is abandoned; one that reports nothing at its end terminates', () => {
    for (const hook of instanceRoles.flatMap((role) => rolloutOf(stack)[role].hooks)) {
      const launching = hook.LifecycleTransition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
      expect(hook.DefaultResult).toBe(launching ? 'ABANDON' : 'CONTINUE');
      // The boot beats every 300 s, and the longest that Auto Scaling takes is 7,200 (docs/boot.md; API Reference).
      expect(hook.HeartbeatTimeout).toBeGreaterThanOrEqual(900);
      expect(hook.HeartbeatTimeout).toBeLessThanOrEqual(7200);
    }
  });

  test('Terraform does not wait for new instances, and waits for a drain before it deletes a group', () => {
    for (const role of ['manager', 'prover']) {
      expect(groupOf(stack, role)).toMatchObject({ wait_for_capacity_timeout: '0' });
      expect(groupOf(stack, role)).not.toHaveProperty('force_delete');
    }
    expect(groupOf(stack, 'manager')['timeouts']).toEqual({ delete: '165m' });
  });

  test('an instance starts when all that it asks for is there', () => {
    for (const role of ['manager', 'prover']) {
      const after = groupOf(stack, role)['depends_on'] as string[];
      for (const part of ['aws_ssm_parameter.', 'aws_route.'])
        expect(after.filter((address) => address.startsWith(part)).length).toBeGreaterThanOrEqual(2);
      expect(after).toEqual(
        expect.arrayContaining([expect.stringMatching(/^aws_vpc_security_group_egress_rule\./) as string]),
      );
    }
  });

  test.each(['manager', 'prover'])('the group of the %s carries the tags of its stack itself', (role) => {
    expect(groupOf(stack, role)['tag']).toEqual(
      expect.arrayContaining([{ key: 'Stack', value: stack.name, propagate_at_launch: false }]),
    );
  });
});

test('without spot, nothing is rebalanced', () => {
  for (const onDemand of [
    { base: 0, percentAboveBase: 100 },
    { base: 4, percentAboveBase: 0 },
  ])
    expect(groupOf(changed({ factory: withProvers({ onDemand }) }), 'prover')['capacity_rebalance']).toBe(false);
});

test('a cluster can rest', () => {
  expect(groupOf(changed({ factory: withManager({ desired: 0 }) }), 'manager')).toMatchObject({
    min_size: 0,
    desired_capacity: 0,
    max_size: 1,
  });
});

describe('an existing VPC', () => {
  const stack = changed({ factory: withStaging(() => ({ network: existingVpc })) });

  test('is used as it is: nothing of a network is made', () => {
    for (const type of ['vpc', 'subnet', 'route', 'nat_gateway', 'vpc_endpoint', 'flow_log', 'default_security_group'])
      expect(resourcesOf(stack, `aws_${type}`)).toEqual([]);
    for (const group of resourcesOf(stack, 'aws_security_group')) expect(group['vpc_id']).toBe(existingVpc.vpcId);
  });

  test('has the manager and its volume in its first subnet', () => {
    expect(groupOf(stack, 'manager')['vpc_zone_identifier']).toEqual(['subnet-0123456789abcdef0']);
    expect(groupOf(stack, 'prover')['vpc_zone_identifier']).toHaveLength(2);
    expect(resourcesOf(stack, 'aws_ebs_volume')).toMatchObject([{ availability_zone: 'us-west-2b' }]);
  });
});

describe('the data volume', () => {
  test('has snapshots each night, chosen by a tag that nothing else has', () => {
    const [volume] = resourcesOf(staging, 'aws_ebs_volume');
    const [policy] = resourcesOf(staging, 'aws_dlm_lifecycle_policy');
    const { target_tags: tags, schedule } = policy!['policy_details'] as {
      target_tags: Record<string, string>;
      schedule: unknown[];
    };
    expect(volume!['tags']).toMatchObject(tags);
    const others = Object.values(staging.resource)
      .flatMap((byId) => Object.values(byId))
      .filter((one) => one !== volume);
    for (const [key] of Object.entries(tags))
      expect(others.filter(({ tags: of }) => Object.hasOwn(of ?? {}, key))).toEqual([]);
    expect(schedule).toMatchObject([{ create_rule: { interval: 24 }, retain_rule: { count: 7 }, copy_tags: true }]);
  });

  test('is another one after a restore, and the one before is left as it is', () => {
    const restoredFrom = ['snap-0123456789abcdef0', 'snap-0123456789abcdef1'];
    interface Forgetting extends SynthesizedStack {
      readonly removed: readonly { readonly from: string }[];
    }
    const stack = changed({ factory: withDataVolume({ restoredFrom }) }) as Forgetting;
    const before = (staging as Forgetting).removed.map(({ from }) => from);
    expect(Object.entries(stack.resource['aws_ebs_volume']!)).toMatchObject([
      ['data_volume_snap_0123456789abcdef1', { snapshot_id: 'snap-0123456789abcdef1' }],
    ]);
    expect(stack.removed.filter(({ from }) => !before.includes(from))).toEqual([
      { from: 'aws_ebs_volume.data_volume', lifecycle: { destroy: false } },
      { from: 'aws_ebs_volume.data_volume_snap_0123456789abcdef0', lifecycle: { destroy: false } },
    ]);
    expect(JSON.stringify(stack.resource['aws_ssm_parameter'])).toContain(
      '${aws_ebs_volume.data_volume_snap_0123456789abcdef1.id}',
    );
  });
});

test.each([
  [
    'checkpoints that fall',
    { checkpoints: [50, 20, 100] },
    /prover\.refresh\.checkpoints: .*must rise and end with 100/,
  ],
  ['checkpoints that end early', { checkpoints: [50] }, /prover\.refresh\.checkpoints: .*must rise and end with 100/],
  [
    'healthy percentages too far apart',
    { minHealthyPercentage: 0, maxHealthyPercentage: 101 },
    /is too far from minHealthyPercentage, 0/,
  ],
  [
    'no way to replace an instance',
    { minHealthyPercentage: 100, maxHealthyPercentage: 100 },
    /leaves no way to replace/,
  ],
])('%s are refused', (_, refresh, message) => {
  const factory = withStaging(({ prover }) => ({ prover: { ...prover, refresh: { ...prover.refresh, ...refresh } } }));
  expect(() => validated(factory)).toThrow(message);
});

test('what cannot be configured is refused with the value and the fix', () => {
  expect(() =>
    validated(withDataVolume({ restoredFrom: ['snap-0123456789abcdef0', 'snap-0123456789abcdef0'] })),
  ).toThrow(/manager\.dataVolume\.restoredFrom: .*names a snapshot twice/);
  expect(() =>
    validated(withProvers({ min: 2, desired: 2, max: 2, scaling: { tasksPerProver: 4, idleMinutes: 30 } })),
  ).toThrow(/prover\.scaling: .*has nothing to do between min 2 and max 2/);
  expect(() => validated(withProvers({ scaling: { tasksPerProver: 4, idleMinutes: 7 } }))).toThrow(
    /prover\.scaling\.idleMinutes: 7 is not a multiple of 5/,
  );
  expect(() => validated(withProvers({ instanceTypes: ['p5.48xlarge'] }))).toThrow(
    /prover\.instanceTypes\.0: "p5\.48xlarge" has a GPU of architecture sm_90, and Bento ships code for sm_75, sm_86/,
  );
});
