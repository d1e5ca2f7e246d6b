import {
  ActiveInstanceRefreshNotFoundFault,
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  InstanceRefreshInProgressFault,
  PutLifecycleHookCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
  type Activity,
  type DesiredConfiguration,
  type InstanceRefresh,
  type LifecycleHook,
  type PutLifecycleHookCommandInput,
  type StartInstanceRefreshCommandInput,
  type UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { hooks } from '../../../../config/lifecycle-hooks';
import { instanceRoles, scalingGroup, type InstanceRole } from '../../../../config/names';
import type { GroupRollout } from '../../../../config/rollout';

interface Instance {
  readonly id: string;
  readonly version: string;
}

interface Group {
  saved: DesiredConfiguration;
  desired: number;
  instances: Instance[];
  refreshes: InstanceRefresh[];
  hooks: LifecycleHook[];
  activities: Activity[];
}

const metadata = { message: 'refused by the model', $metadata: {} };
const ended = ['Successful', 'Failed', 'Cancelled', 'RollbackSuccessful', 'RollbackFailed'];
const active = ({ refreshes }: Group) => refreshes.find(({ Status = '' }) => !ended.includes(Status));
export const imageOf = (version: string): string => `ami-${version.padStart(17, '0')}`;

/** The template of a version, as each role's group has it. */
export const configurationOf = (role: InstanceRole, version: string): GroupRollout['desiredConfiguration'] => {
  const template = { LaunchTemplateId: `lt-${role}`, Version: version };
  if (role === 'manager') return { LaunchTemplate: template };
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: { LaunchTemplateSpecification: template, Overrides: [{ InstanceType: 'g6.xlarge' }] },
      InstancesDistribution: {
        OnDemandBaseCapacity: 0,
        OnDemandPercentageAboveBaseCapacity: 0,
        OnDemandAllocationStrategy: 'prioritized',
        SpotAllocationStrategy: 'capacity-optimized-prioritized',
      },
    },
  };
};

const versionIn = ({ LaunchTemplate, MixedInstancesPolicy }: DesiredConfiguration): string =>
  (LaunchTemplate ?? MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification)?.Version ?? '';

/**
 * Auto Scaling as its documents have it, with the groups of a cluster. Amazon EC2 Auto Scaling User Guide: "How an
 * instance refresh works" (a refresh launches its desired configuration, which is saved on the group once it has
 * succeeded, and what a refresh holds cannot be updated), "Undo changes with a manual or auto rollback" (back to what was
 * last saved on the group before), "Use skip matching", "Cancel an instance refresh" (undoes nothing). `tick` lets time
 * pass: one instance is replaced.
 */
export class AutoScalingModel {
  readonly groups: Readonly<Record<string, Group>>;
  /** Calls that change something, in order, with the group's role. */
  readonly calls: string[] = [];
  /** What the stack publishes. */
  wanted: Readonly<Record<InstanceRole, GroupRollout>>;
  /** Versions whose instances make the alarms of a refresh fire. */
  readonly bad = new Set<string>();
  /** Whether a refresh shows up one look late. */
  late = false;
  /** Whether a refresh that succeeded is saved on the group. */
  saves = true;
  private ids = 0;
  private readonly unseen = new Set<string>();

  constructor(version: string, instances: Readonly<Record<InstanceRole, number>> = { manager: 1, prover: 2 }) {
    this.wanted = this.wantedOf(version);
    this.groups = Object.fromEntries(
      instanceRoles.map((role) => {
        const group: Group = {
          saved: configurationOf(role, version),
          desired: instances[role],
          instances: [],
          refreshes: [],
          hooks: hooks.map((hook) => ({ ...hook })),
          activities: [],
        };
        for (let instance = 0; instance < instances[role]; instance += 1) this.launch(group);
        return [scalingGroup('staging', role), group];
      }),
    );
  }

  group = (role: InstanceRole): Group => this.groups[scalingGroup('staging', role)]!;
  /** The version that a role's group launches, and those that its instances have. */
  runs = (role: InstanceRole): [string, string[]] => [
    versionIn(this.group(role).saved),
    this.group(role).instances.map(({ version }) => version),
  ];

  private wantedOf(version: string): Readonly<Record<InstanceRole, GroupRollout>> {
    const of = (role: InstanceRole): GroupRollout => ({
      imageId: imageOf(version),
      desiredConfiguration: configurationOf(role, version),
      preferences: {
        MinHealthyPercentage: 0,
        MaxHealthyPercentage: 100,
        InstanceWarmup: 60,
        BakeTime: 600,
        SkipMatching: true,
        AutoRollback: true,
        ScaleInProtectedInstances: 'Wait',
        StandbyInstances: 'Wait',
        AlarmSpecification: { Alarms: [`${role}-boot-failures`] },
      },
      hooks,
    });
    return { manager: of('manager'), prover: of('prover') };
  }

  /** What `terraform apply` does: a template's new version, and what the stack publishes. No group is touched. */
  apply(version: string): void {
    this.wanted = this.wantedOf(version);
  }

  launch(group: Group): void {
    const version = versionIn(active(group)?.DesiredConfiguration ?? group.saved);
    group.instances.push({ id: `i-${(this.ids += 1)}`, version });
  }

  /** A scaling policy, or a person. */
  scale(role: InstanceRole, desired: number): void {
    const group = this.group(role);
    group.desired = desired;
    while (group.instances.length < desired) this.launch(group);
    group.instances.length = desired;
  }

  /** Lets time pass for all groups. */
  tick(): void {
    for (const group of Object.values(this.groups)) this.tickOf(group);
  }

  private tickOf(group: Group): void {
    const refresh = active(group);
    if (refresh === undefined) return;
    const end = (status: InstanceRefresh['Status']) => Object.assign(refresh, { Status: status, EndTime: new Date() });
    if (refresh.Status === 'Cancelling') return void end('Cancelled');
    const back = refresh.Status === 'RollbackInProgress';
    const target = versionIn(back ? group.saved : (refresh.DesiredConfiguration ?? group.saved));
    const old = group.instances.findIndex(({ version }) => version !== target);
    if (old >= 0) {
      group.instances.splice(old, 1);
      group.instances.push({ id: `i-${(this.ids += 1)}`, version: target });
    }
    const fires = refresh.Preferences?.AlarmSpecification !== undefined && this.bad.has(target);
    if (!back && fires && group.instances.some(({ version }) => version === target)) {
      const RollbackDetails = { RollbackReason: 'An alarm went into the ALARM state.' };
      Object.assign(refresh, { Status: 'RollbackInProgress', RollbackDetails });
    } else if (group.instances.every(({ version }) => version === target)) {
      if (this.saves && !back && refresh.DesiredConfiguration !== undefined) group.saved = refresh.DesiredConfiguration;
      end(back ? 'RollbackSuccessful' : 'Successful');
    }
  }

  start({ AutoScalingGroupName = '', DesiredConfiguration, Preferences }: StartInstanceRefreshCommandInput) {
    const group = this.of(AutoScalingGroupName);
    if (active(group) !== undefined) throw new InstanceRefreshInProgressFault(metadata);
    const InstanceRefreshId = `r-${(this.ids += 1)}`;
    this.note('start', AutoScalingGroupName, versionIn(DesiredConfiguration ?? group.saved));
    group.refreshes.unshift({
      InstanceRefreshId,
      Status: 'InProgress',
      StartTime: new Date(),
      DesiredConfiguration,
      Preferences,
    });
    if (this.late) this.unseen.add(InstanceRefreshId);
    return { InstanceRefreshId };
  }

  update({ AutoScalingGroupName = '', LaunchTemplate, MixedInstancesPolicy }: UpdateAutoScalingGroupCommandInput) {
    const group = this.of(AutoScalingGroupName);
    if (active(group)?.DesiredConfiguration !== undefined)
      throw new Error('An active instance refresh with a desired configuration exists.');
    group.saved = LaunchTemplate === undefined ? { MixedInstancesPolicy } : { LaunchTemplate };
    this.note('update', AutoScalingGroupName, versionIn(group.saved));
    return {};
  }

  private cancel(name: string) {
    const refresh = active(this.of(name));
    if (refresh === undefined) throw new ActiveInstanceRefreshNotFoundFault(metadata);
    this.note('cancel', name, versionIn(refresh.DesiredConfiguration ?? {}));
    refresh.Status = 'Cancelling';
    return { InstanceRefreshId: refresh.InstanceRefreshId };
  }

  private put({ AutoScalingGroupName = '', ...hook }: PutLifecycleHookCommandInput) {
    const group = this.of(AutoScalingGroupName);
    group.hooks = [
      ...group.hooks.filter(({ LifecycleHookName }) => LifecycleHookName !== hook.LifecycleHookName),
      hook,
    ];
    this.note('hook', AutoScalingGroupName, hook.LifecycleHookName ?? '');
    return {};
  }

  private of(name: string): Group {
    const group = this.groups[name];
    if (group === undefined) throw new Error(`the model has no group ${name}`);
    return group;
  }

  private note(call: string, name: string, what: string): void {
    this.calls.push(`${call} ${name.split('-').at(-1) ?? ''} ${what}`);
  }

  private describe(name: string) {
    const { saved, desired, instances } = this.of(name);
    const template = (Version: string) => ({ LaunchTemplateId: `lt-${name.split('-').at(-1) ?? ''}`, Version });
    return {
      ...saved,
      DesiredCapacity: desired,
      Instances: instances.map(({ id, version }) => ({
        InstanceId: id,
        LifecycleState: 'InService' as const,
        HealthStatus: 'Healthy',
        LaunchTemplate: template(version),
      })),
    };
  }

  private listed(name: string): InstanceRefresh[] {
    return this.of(name).refreshes.filter(({ InstanceRefreshId = '' }) => !this.unseen.delete(InstanceRefreshId));
  }

  /** Answers the SDK's clients. */
  answer() {
    const autoScaling = mockClient(AutoScalingClient);
    const named =
      <T>(work: (name: string) => T) =>
      ({ AutoScalingGroupName = '' }: { AutoScalingGroupName?: string }) =>
        work(AutoScalingGroupName);
    autoScaling
      .on(DescribeAutoScalingGroupsCommand)
      .callsFake(({ AutoScalingGroupNames: [name = ''] }: { AutoScalingGroupNames: string[] }) => ({
        AutoScalingGroups: name in this.groups ? [this.describe(name)] : [],
      }));
    autoScaling
      .on(DescribeInstanceRefreshesCommand)
      .callsFake(named((name) => ({ InstanceRefreshes: this.listed(name) })));
    autoScaling.on(DescribeLifecycleHooksCommand).callsFake(named((name) => ({ LifecycleHooks: this.of(name).hooks })));
    autoScaling
      .on(DescribeScalingActivitiesCommand)
      .callsFake(named((name) => ({ Activities: this.of(name).activities })));
    autoScaling
      .on(StartInstanceRefreshCommand)
      .callsFake((input: StartInstanceRefreshCommandInput) => this.start(input));
    autoScaling.on(CancelInstanceRefreshCommand).callsFake(named((name) => this.cancel(name)));
    autoScaling
      .on(UpdateAutoScalingGroupCommand)
      .callsFake((input: UpdateAutoScalingGroupCommandInput) => this.update(input));
    autoScaling.on(PutLifecycleHookCommand).callsFake((input: PutLifecycleHookCommandInput) => this.put(input));
    mockClient(EC2Client)
      .on(DescribeLaunchTemplateVersionsCommand)
      .callsFake(({ Versions: [version = ''] }: { Versions: string[] }) => ({
        LaunchTemplateVersions: [{ VersionNumber: Number(version), LaunchTemplateData: { ImageId: imageOf(version) } }],
      }));
    mockClient(SSMClient)
      .on(GetParameterCommand)
      .callsFake(({ Name = '' }: { Name?: string }) => {
        if (Name !== '/boundless/staging/prover-cluster/rollout')
          throw new ParameterNotFound({ message: Name, $metadata: {} });
        return { Parameter: { Value: JSON.stringify(this.wanted) } };
      });
    return autoScaling;
  }
}
