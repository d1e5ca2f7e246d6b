import { AutoscalingGroup, type AutoscalingGroupConfig } from '@cdktf/provider-aws/lib/autoscaling-group';
import { AutoscalingLifecycleHook } from '@cdktf/provider-aws/lib/autoscaling-lifecycle-hook';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { hooks } from './lifecycle-hooks';
import type { NodeTemplate } from './node-template';

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

/** How a new template reaches the machines that run. */
export interface RefreshProps {
  /** Percent of the desired machines that stay in service meanwhile; 0 ends a machine before its successor starts. */
  readonly minHealthyPercentage: number;
  /** Above 100, new machines start before old ones end, where there is capacity. */
  readonly maxHealthyPercentage: number;
  /** Percent of new machines after each of which it pauses. */
  readonly checkpoints: readonly number[];
  readonly bakeMinutes: number;
  /** Names of alarms that take it back. */
  readonly alarms: readonly string[];
}

export interface NodeGroupProps {
  readonly name: string;
  readonly template: NodeTemplate;
  readonly subnetIds: readonly string[];
  readonly min: number;
  readonly desired: number;
  readonly max: number;
  readonly refresh: RefreshProps;
  /** Whether somebody else than Terraform changes how many machines are wanted. */
  readonly scales: boolean;
  /** For how long a machine may drain before its group can go, in minutes. */
  readonly drainMinutes: number;
  /** What kind of machines beside the template's, and how they are bought. */
  readonly more?: Pick<AutoscalingGroupConfig, 'mixedInstancesPolicy' | 'capacityRebalance' | 'suspendedProcesses'>;
  readonly tags: Readonly<Record<string, string>>;
  /** What machines need to boot. */
  readonly after: readonly ITerraformDependable[];
}

/** After a machine is in service, before the next one is replaced. Its boot has been waited for already. */
const warmupSeconds = 60;

/**
 * Machines of one role. Templates are named by number and images by id, so that a refresh can be taken back, by itself
 * when machines fail or an alarm rings (ami-factory.md C5).
 */
export class NodeGroup extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { template, min, desired, max, refresh, more } = props;
    const healthy = {
      minHealthyPercentage: refresh.minHealthyPercentage,
      maxHealthyPercentage: refresh.maxHealthyPercentage,
    };
    const group = new AutoscalingGroup(this, 'Resource', {
      name: props.name,
      minSize: min,
      desiredCapacity: desired,
      maxSize: max,
      vpcZoneIdentifier: [...props.subnetIds],
      ...(more?.mixedInstancesPolicy === undefined && {
        launchTemplate: { id: template.templateId, version: template.latestVersion },
      }),
      ...more,
      // The first machines have them from here, and changes reach a group by the resources below.
      initialLifecycleHook: [...hooks],
      healthCheckType: 'EC2',
      defaultInstanceWarmup: warmupSeconds,
      // The pipeline follows the machines itself, and for longer than Terraform should hold its lock (tools/delivery).
      waitForCapacityTimeout: '0',
      metricsGranularity: '1Minute',
      enabledMetrics: [...groupMetrics],
      instanceMaintenancePolicy: healthy,
      instanceRefresh: {
        strategy: 'Rolling',
        preferences: {
          ...healthy,
          instanceWarmup: String(warmupSeconds),
          // Auto Scaling pauses after the last checkpoint as well, so that alarms have their time.
          checkpointPercentages: [...refresh.checkpoints],
          checkpointDelay: String(refresh.bakeMinutes * 60),
          // A repetition replaces only what the one before did not.
          skipMatching: true,
          autoRollback: true,
          ...(refresh.alarms.length > 0 && { alarmSpecification: { alarms: [...refresh.alarms] } }),
          // Somebody looks at such a machine: the refresh waits an hour for him, and fails.
          scaleInProtectedInstances: 'Wait',
          standbyInstances: 'Wait',
        },
      },
      // The template tags machines; these are the group's own, which default tags do not reach.
      tag: Object.entries(props.tags).map(([key, value]) => ({ key, value, propagateAtLaunch: false })),
      timeouts: { delete: `${props.drainMinutes + 30}m` },
      dependsOn: [...props.after],
      ...(props.scales && { lifecycle: { ignoreChanges: ['desired_capacity'] } }),
    });
    for (const { name, ...hook } of hooks)
      new AutoscalingLifecycleHook(this, name, { ...hook, name, autoscalingGroupName: group.name });
    this.name = group.name;
  }
}
