import { AutoscalingGroup, type AutoscalingGroupConfig } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { hooks } from '../../../config/lifecycle-hooks';
import type { GroupRollout } from '../../../config/rollout';
import { forgetHookResources, initialHooks } from './lifecycle-hooks';
import type { InstanceTemplate } from './instance-template';

/** The group metrics that dashboards, alarms and scaling read. */
const groupMetrics = [
  'GroupDesiredCapacity',
  'GroupInServiceInstances',
  'GroupMaxSize',
  'GroupMinSize',
  'GroupPendingInstances',
  'GroupTerminatingInstances',
  'GroupTotalInstances',
] as const;

/** How a new template reaches the instances that run. */
export interface RefreshProps {
  /** Percent of the desired instances that stay in service meanwhile; 0 ends an instance before its successor starts. */
  readonly minHealthyPercentage: number;
  /** Above 100, new instances start before old ones end, where there is capacity. */
  readonly maxHealthyPercentage: number;
  /** Percent of new instances after each of which it pauses; the last is 100. */
  readonly checkpoints: readonly number[];
  /** For how long it pauses, and waits at its end. */
  readonly bakeMinutes: number;
  /** Names of alarms that roll it back. */
  readonly alarms: readonly string[];
}

/** Instances of several types. */
export interface MixedProps {
  /** The first is what the template names; the order counts. */
  readonly instanceTypes: readonly string[];
  readonly onDemandBaseCapacity: number;
  readonly onDemandPercentageAboveBaseCapacity: number;
}

export interface InstanceGroupProps {
  readonly name: string;
  readonly template: InstanceTemplate;
  readonly imageId: string;
  readonly subnetIds: readonly string[];
  readonly min: number;
  readonly desired: number;
  readonly max: number;
  readonly refresh: RefreshProps;
  /** Whether a policy changes how many instances are wanted, so that Terraform must not. */
  readonly scales: boolean;
  /** For how long an instance may drain before its group can go, in minutes. */
  readonly drainMinutes: number;
  /** Without it, all instances are of the template's type, and on demand. */
  readonly mixed?: MixedProps;
  readonly more?: Pick<AutoscalingGroupConfig, 'capacityRebalance' | 'suspendedProcesses'>;
  readonly tags: Readonly<Record<string, string>>;
  /** What instances need to boot. */
  readonly after: readonly ITerraformDependable[];
}

/** After an instance is in service, before the next one is replaced. Its boot has been waited for already. */
const warmupSeconds = 60;

/**
 * Instances of one role. Terraform makes the group with the template's version of that time, and leaves what the group
 * launches alone from then on: an instance refresh goes back to what was last saved on the group before it started
 * (Amazon EC2 Auto Scaling User Guide, "Undo changes with a manual or auto rollback"), and the AWS provider would save
 * the new version first (`resourceGroupUpdate` of its `internal/service/autoscaling/group.go`). `npm run delivery --
 * rollout` starts the refresh towards `rollout`, and Auto Scaling saves that once it has succeeded.
 */
export class InstanceGroup extends Construct {
  readonly name: string;
  /** What the group is to launch, and how it gets there. */
  readonly rollout: GroupRollout;

  constructor(scope: Construct, id: string, props: InstanceGroupProps) {
    super(scope, id);
    const { template, min, desired, max, refresh, mixed, more } = props;
    const group = new AutoscalingGroup(this, 'Resource', {
      name: props.name,
      minSize: min,
      desiredCapacity: desired,
      maxSize: max,
      vpcZoneIdentifier: [...props.subnetIds],
      ...launched(template, mixed),
      ...more,
      initialLifecycleHook: [...initialHooks],
      healthCheckType: 'EC2',
      defaultInstanceWarmup: warmupSeconds,
      // The rollout follows the instances itself, and for longer than Terraform should hold its lock (cli/delivery).
      waitForCapacityTimeout: '0',
      metricsGranularity: '1Minute',
      enabledMetrics: [...groupMetrics],
      instanceMaintenancePolicy: {
        minHealthyPercentage: refresh.minHealthyPercentage,
        maxHealthyPercentage: refresh.maxHealthyPercentage,
      },
      // The template tags instances; these are the group's own, which default tags do not reach.
      tag: Object.entries(props.tags).map(([key, value]) => ({ key, value, propagateAtLaunch: false })),
      timeouts: { delete: `${props.drainMinutes + 30}m` },
      dependsOn: [...props.after],
      lifecycle: {
        ignoreChanges: [
          'launch_template',
          'mixed_instances_policy',
          // A change would replace the group (ForceNew in the provider's schema). The rollout puts the hooks.
          'initial_lifecycle_hook',
          ...(props.scales ? ['desired_capacity'] : []),
        ],
      },
    });
    forgetHookResources(this);
    this.name = group.name;
    this.rollout = {
      imageId: props.imageId,
      desiredConfiguration: desiredConfiguration(template, mixed),
      preferences: preferences(refresh),
      hooks,
    };
  }
}

/** The order of the types counts, and for spot instances first of all how long they are likely to stay. */
const strategies = {
  onDemandAllocationStrategy: 'prioritized',
  spotAllocationStrategy: 'capacity-optimized-prioritized',
} as const;

/** What a new group launches, as Terraform writes it. */
function launched(
  { templateId, latestVersion }: InstanceTemplate,
  mixed: MixedProps | undefined,
): Pick<AutoscalingGroupConfig, 'launchTemplate' | 'mixedInstancesPolicy'> {
  if (mixed === undefined) return { launchTemplate: { id: templateId, version: latestVersion } };
  const { instanceTypes, ...onDemand } = mixed;
  return {
    mixedInstancesPolicy: {
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId: templateId, version: latestVersion },
        override: instanceTypes.map((instanceType) => ({ instanceType })),
      },
      instancesDistribution: { ...onDemand, ...strategies },
    },
  };
}

/** The same as Auto Scaling's API takes it. */
function desiredConfiguration(
  { templateId, latestVersion }: InstanceTemplate,
  mixed: MixedProps | undefined,
): GroupRollout['desiredConfiguration'] {
  const template = { LaunchTemplateId: templateId, Version: latestVersion };
  if (mixed === undefined) return { LaunchTemplate: template };
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: {
        LaunchTemplateSpecification: template,
        Overrides: mixed.instanceTypes.map((InstanceType) => ({ InstanceType })),
      },
      InstancesDistribution: {
        OnDemandBaseCapacity: mixed.onDemandBaseCapacity,
        OnDemandPercentageAboveBaseCapacity: mixed.onDemandPercentageAboveBaseCapacity,
        OnDemandAllocationStrategy: strategies.onDemandAllocationStrategy,
        SpotAllocationStrategy: strategies.spotAllocationStrategy,
      },
    },
  };
}

const preferences = (refresh: RefreshProps): GroupRollout['preferences'] => ({
  MinHealthyPercentage: refresh.minHealthyPercentage,
  MaxHealthyPercentage: refresh.maxHealthyPercentage,
  InstanceWarmup: warmupSeconds,
  // The last checkpoint is the end, which the time to bake follows: without others there is nothing to pause at.
  ...(refresh.checkpoints.length > 1 && {
    CheckpointPercentages: [...refresh.checkpoints],
    CheckpointDelay: refresh.bakeMinutes * 60,
  }),
  // Alarms have that long to roll the refresh back once all instances are new (Amazon EC2 Auto Scaling API Reference,
  // "RefreshPreferences").
  BakeTime: refresh.bakeMinutes * 60,
  // A repetition replaces only what the one before did not.
  SkipMatching: true,
  AutoRollback: true,
  // A person looks at such an instance: the refresh waits an hour, and fails.
  ScaleInProtectedInstances: 'Wait',
  StandbyInstances: 'Wait',
  ...(refresh.alarms.length > 0 && { AlarmSpecification: { Alarms: [...refresh.alarms] } }),
});
