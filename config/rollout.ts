import { z } from 'zod';
import { instanceRoles, type InstanceRole } from './names';

const text = z.string().min(1);
const whole = z.int().min(0);

const template = z.strictObject({ LaunchTemplateId: text, Version: z.string().regex(/^\d+$/) });

/** What a group launches, in the words of the Auto Scaling API ("DesiredConfiguration"): one of the two. */
const desiredConfiguration = z.union([
  z.strictObject({ LaunchTemplate: template }),
  z.strictObject({
    MixedInstancesPolicy: z.strictObject({
      LaunchTemplate: z.strictObject({
        LaunchTemplateSpecification: template,
        Overrides: z.array(z.strictObject({ InstanceType: text })).min(1),
      }),
      InstancesDistribution: z.strictObject({
        OnDemandBaseCapacity: whole,
        OnDemandPercentageAboveBaseCapacity: whole,
        OnDemandAllocationStrategy: text,
        SpotAllocationStrategy: text,
      }),
    }),
  }),
]);

/** How a group's instances are replaced ("RefreshPreferences"). */
const preferences = z.strictObject({
  MinHealthyPercentage: whole,
  MaxHealthyPercentage: whole,
  InstanceWarmup: whole,
  CheckpointPercentages: z.array(whole).min(2).optional(),
  CheckpointDelay: whole.optional(),
  BakeTime: whole,
  SkipMatching: z.boolean(),
  AutoRollback: z.boolean(),
  ScaleInProtectedInstances: z.enum(['Ignore', 'Refresh', 'Wait']),
  StandbyInstances: z.enum(['Ignore', 'Terminate', 'Wait']),
  AlarmSpecification: z.strictObject({ Alarms: z.array(text).min(1) }).optional(),
});

/** A hook of a group ("PutLifecycleHook"). */
const hook = z.strictObject({
  LifecycleHookName: text,
  LifecycleTransition: text,
  HeartbeatTimeout: whole,
  DefaultResult: z.enum(['ABANDON', 'CONTINUE']),
});

const groupSchema = z.strictObject({
  imageId: text,
  desiredConfiguration,
  preferences,
  hooks: z.array(hook),
});

/** What a cluster's stack wants a group to launch, how it is to get there, and its hooks. */
export type GroupRollout = z.infer<typeof groupSchema>;

/**
 * The content of the parameter `rolloutParameter`: the stack writes it, and `npm run delivery -- rollout` does it. It is
 * what crosses from one to the other, so that a rollout needs neither the state nor a synthesis.
 */
export const rolloutSchema = z.strictObject(
  Object.fromEntries(instanceRoles.map((role) => [role, groupSchema])) as Record<InstanceRole, typeof groupSchema>,
);
