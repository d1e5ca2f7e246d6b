import { lifecycleHooks, instanceRoles, type InstanceRole } from '../../../config/names';
import { rollbackAlarms } from '../../../constructs/cluster/alarms/names';
import { rolloutSchema, type GroupRollout } from '../../../config/rollout';
import {
  allResources,
  resourcesOf,
  resourceWith,
  stackOf,
  synthesize,
  type SynthesizedStack,
} from '../../support/synthesized';

const stacks = synthesize();
const clusters = ['staging', 'production'].map((environment) => stackOf(stacks, `prover-cluster-${environment}`));
const groupOf = (stack: SynthesizedStack, role: string) =>
  resourceWith(stack, 'aws_autoscaling_group', 'name', `${stack.name}-${role}`);
/** What the stack publishes for rollouts; Terraform fills ids and versions in. */
const publishedIn = (stack: SynthesizedStack): string =>
  String(
    resourceWith(
      stack,
      'aws_ssm_parameter',
      'name',
      `/boundless/${stack.name.replace(/^prover-cluster-/, '')}/prover-cluster/rollout`,
    )['insecure_value'],
  );
const rolloutOf = (stack: SynthesizedStack) =>
  JSON.parse(publishedIn(stack)) as Readonly<Record<InstanceRole, GroupRollout>>;
const addressOf = (stack: SynthesizedStack, resource: unknown): string => {
  const { type, id } = allResources(stack).find(({ args }) => args === resource)!;
  return `${type}.${id}`;
};

describe.each(clusters)('$name', (stack) => {
  test.each(instanceRoles)("what the group of the %s launches is the rollout's: Terraform writes it once", (role) => {
    const group = groupOf(stack, role);
    // An instance refresh is rolled back to what was saved on the group before it started.
    expect(group).not.toHaveProperty('instance_refresh');
    expect((group['lifecycle'] as { ignore_changes: string[] }).ignore_changes).toEqual(
      expect.arrayContaining(['launch_template', 'mixed_instances_policy']),
    );
  });

  test.each(instanceRoles)('a bad image of the %s is rolled back, and a good one has time to show it', (role) => {
    const { AutoRollback, SkipMatching, CheckpointPercentages, CheckpointDelay, BakeTime, AlarmSpecification } =
      rolloutOf(stack)[role].preferences;
    expect([AutoRollback, SkipMatching]).toEqual([true, true]);
    expect(BakeTime).toBeGreaterThanOrEqual(600);
    // The API takes a delay with checkpoints only, and replaces all instances where the last one is 100. A single one is
    // the end, where the time to bake follows.
    const pauses = stack.name === 'prover-cluster-production' && role === 'prover';
    expect([CheckpointPercentages?.at(-1), CheckpointDelay]).toEqual(pauses ? [100, BakeTime] : [undefined, undefined]);
    const environment = stack.name.replace('prover-cluster-', '');
    expect(AlarmSpecification?.Alarms).toEqual(rollbackAlarms(environment)[role]);
    const alarms = resourcesOf(stack, 'aws_cloudwatch_metric_alarm').map(({ alarm_name: name }) => name);
    expect(alarms).toEqual(expect.arrayContaining([...rollbackAlarms(environment)[role]]));
  });

  test.each(instanceRoles)('a rollout asks the group of the %s for what Terraform gives a new one', (role) => {
    const group = groupOf(stack, role);
    const wanted = rolloutOf(stack)[role];
    const template = group['launch_template'] as { id: string; version: string } | undefined;
    expect(wanted.imageId).toBe(
      resourceWith(stack, 'aws_launch_template', 'name', `${stack.name}-${role}`)['image_id'],
    );
    if ('LaunchTemplate' in wanted.desiredConfiguration) {
      expect(wanted.desiredConfiguration.LaunchTemplate).toEqual({
        LaunchTemplateId: template?.id,
        Version: template?.version,
      });
      return;
    }
    const policy = group['mixed_instances_policy'] as {
      launch_template: {
        launch_template_specification: { launch_template_id: string; version: string };
        override: { instance_type: string }[];
      };
      instances_distribution: Record<string, unknown>;
    };
    const { LaunchTemplate, InstancesDistribution } = wanted.desiredConfiguration.MixedInstancesPolicy;
    const { launch_template_id: id, version } = policy.launch_template.launch_template_specification;
    expect(LaunchTemplate).toEqual({
      LaunchTemplateSpecification: { LaunchTemplateId: id, Version: version },
      Overrides: policy.launch_template.override.map(({ instance_type: InstanceType }) => ({ InstanceType })),
    });
    expect(Object.values(InstancesDistribution).sort()).toEqual(Object.values(policy.instances_distribution).sort());
  });

  test('a rollout can read what it is asked for, and the parameter can hold it', () => {
    const filled = publishedIn(stack).replace(/\$\{[^}]+\}/g, (token) =>
      token.includes('latest_version') ? '7' : 'a-0123456789abcdef01',
    );
    expect(rolloutSchema.parse(JSON.parse(filled))).toMatchObject({ manager: {}, prover: {} });
    // AWS Systems Manager endpoints and quotas: a standard parameter holds 4 KB. Forty types are what a group takes.
    const types = 40 * '{"InstanceType":"u7in-32tb.224xlarge"},'.length;
    expect(Buffer.byteLength(filled) + types).toBeLessThan(4096);
  });

  test('what a rollout is asked for is written last', () => {
    const [parameter] = resourcesOf(stack, 'aws_ssm_parameter').filter(({ name }) => String(name).endsWith('/rollout'));
    const after = parameter!['depends_on'] as string[];
    for (const id of Object.keys(stack.resource['aws_autoscaling_group']!))
      expect(after).toContain(`aws_autoscaling_group.${id}`);
  });

  test.each(instanceRoles)('the first %s has the hooks already, and no change of one replaces the group', (role) => {
    const group = groupOf(stack, role);
    const first = group['initial_lifecycle_hook'] as readonly Record<string, unknown>[];
    expect(first.map(({ name }) => name)).toEqual(Object.values(lifecycleHooks).map((hook) => hook.name));
    // ForceNew: `initial_lifecycle_hook` and all of its arguments (the provider's internal/service/autoscaling/group.go).
    expect((group['lifecycle'] as { ignore_changes: string[] }).ignore_changes).toContain('initial_lifecycle_hook');
    expect(rolloutOf(stack)[role].hooks).toEqual(
      first.map((hook) => ({
        LifecycleHookName: hook['name'],
        LifecycleTransition: hook['lifecycle_transition'],
        HeartbeatTimeout: hook['heartbeat_timeout'],
        DefaultResult: hook['default_result'],
      })),
    );
  });

  test('nothing that an instance needs to drain is destroyed before its group', () => {
    const [manager, prover] = instanceRoles.map((role) => addressOf(stack, groupOf(stack, role)));
    // What depends on something goes before it. Of a group these are policies, what names it, and the manager's group.
    const dependents = allResources(stack).filter(({ args }) => JSON.stringify(args).includes(manager!));
    expect(dependents.map(({ type }) => type)).toEqual(['aws_ssm_parameter']);
    const ofProvers = new Set(
      allResources(stack)
        .filter(({ args }) => JSON.stringify(args).includes(prover!))
        .map(({ type }) => type),
    );
    for (const type of ['aws_autoscaling_policy', 'aws_cloudwatch_metric_alarm']) ofProvers.delete(type);
    expect([...ofProvers].sort()).toEqual(['aws_autoscaling_group', 'aws_ssm_parameter']);
    expect(resourcesOf(stack, 'aws_autoscaling_lifecycle_hook')).toEqual([]);
    // A broker that finishes its orders needs the provers.
    expect(groupOf(stack, 'manager')['depends_on']).toContain(prover);
  });

  test('hooks that were resources of their own are forgotten, and not destroyed', () => {
    const { removed } = stack as SynthesizedStack & { removed: { from: string; lifecycle: unknown }[] };
    const former = removed.filter(({ from }) => from.startsWith('aws_autoscaling_lifecycle_hook.'));
    // As the stacks named them.
    expect(former.map(({ from }) => from.split('.')[1]).sort()).toEqual([
      'ManagerGroup_bento-launch_CC6BD151',
      'ManagerGroup_bento-terminate_61184BA3',
      'ProverGroup_bento-launch_9906885E',
      'ProverGroup_bento-terminate_8101F973',
    ]);
    for (const { lifecycle } of former) expect(lifecycle).toEqual({ destroy: false });
  });
});
