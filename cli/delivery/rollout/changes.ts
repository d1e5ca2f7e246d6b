import {
  ActiveInstanceRefreshNotFoundFault,
  CancelInstanceRefreshCommand,
  DescribeLifecycleHooksCommand,
  InstanceRefreshInProgressFault,
  PutLifecycleHookCommand,
  ResourceContentionFault,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
  type AutoScalingClient,
} from '@aws-sdk/client-auto-scaling';
import type { GroupRollout } from '../../../config/rollout';
import { includes } from './matching';

/** Starts the refresh. @returns its id */
export async function startRefresh(
  autoScaling: AutoScalingClient,
  name: string,
  { desiredConfiguration, preferences }: GroupRollout,
  ignoreAlarms: boolean,
): Promise<string | undefined> {
  const { AlarmSpecification, ...rest } = preferences;
  const { InstanceRefreshId } = await autoScaling.send(
    new StartInstanceRefreshCommand({
      AutoScalingGroupName: name,
      Strategy: 'Rolling',
      DesiredConfiguration: desiredConfiguration,
      Preferences: ignoreAlarms || AlarmSpecification === undefined ? rest : preferences,
    }),
  );
  return InstanceRefreshId;
}

/**
 * Cancels the refresh that runs, and does not wait for instances in transition: a manager drains for hours, and the
 * next refresh replaces what the cancelled one launched.
 */
export const cancelRefresh = (autoScaling: AutoScalingClient, name: string) =>
  autoScaling.send(
    new CancelInstanceRefreshCommand({ AutoScalingGroupName: name, WaitForTransitioningInstances: false }),
  );

/** Saves on the group what it is to launch. */
export const saveConfiguration = (autoScaling: AutoScalingClient, name: string, wanted: GroupRollout) =>
  autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: name, ...wanted.desiredConfiguration }));

/** Puts the hooks that are missing or different. @returns their names */
export async function putHooks(
  autoScaling: AutoScalingClient,
  name: string,
  { hooks }: GroupRollout,
): Promise<readonly string[]> {
  const { LifecycleHooks = [] } = await autoScaling.send(
    new DescribeLifecycleHooksCommand({ AutoScalingGroupName: name }),
  );
  const different = hooks.filter((hook) => !LifecycleHooks.some((found) => includes(found, hook)));
  for (const hook of different)
    await autoScaling.send(new PutLifecycleHookCommand({ AutoScalingGroupName: name, ...hook }));
  return different.map(({ LifecycleHookName }) => LifecycleHookName);
}

/**
 * Whether a change was refused because the group changed between the look and the call: the next look shows how.
 * UpdateAutoScalingGroup answers with a plain validation error then (Amazon EC2 Auto Scaling User Guide, "How an instance
 * refresh works", limitations).
 */
export const isOvertaken = (error: unknown): boolean =>
  error instanceof InstanceRefreshInProgressFault ||
  error instanceof ActiveInstanceRefreshNotFoundFault ||
  error instanceof ResourceContentionFault ||
  (error instanceof Error && error.message.includes('active instance refresh with a desired configuration exists'));
