import type { AutoscalingGroupInitialLifecycleHook } from '@cdktf/provider-aws/lib/autoscaling-group';
import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { hooks } from '../../../config/lifecycle-hooks';
import { forget } from '../../base/earlier-addresses';

/** The hooks of a group's first instances: Terraform makes the group empty, then its hooks, then its instances. */
export const initialHooks: readonly AutoscalingGroupInitialLifecycleHook[] = hooks.map((hook) => ({
  name: hook.LifecycleHookName,
  lifecycleTransition: hook.LifecycleTransition,
  heartbeatTimeout: hook.HeartbeatTimeout,
  defaultResult: hook.DefaultResult,
}));

/**
 * Lets Terraform forget the hooks that it had as resources of their own. They depended on the group, so that Terraform
 * would destroy them first, and instances that end without a hook end without their drain.
 */
export function forgetHookResources(scope: Construct): void {
  const stack = TerraformStack.of(scope);
  // Logical ids follow from construct paths, and those resources stood beside the group.
  forget(
    scope,
    hooks.map(
      ({ LifecycleHookName: name }) =>
        `aws_autoscaling_lifecycle_hook.${stack.getLogicalId(new Construct(scope, name).node)}`,
    ),
  );
}
