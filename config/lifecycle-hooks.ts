import { lifecycleHooks } from './contract';
import type { GroupRollout } from './rollout';

/**
 * What Auto Scaling waits for (Amazon EC2 Auto Scaling User Guide, "Lifecycle hooks"). The instance beats every five
 * minutes while it works (docs/boot.md), and may so go on for 48 hours or a hundred times these limits, whichever comes
 * first: far longer than a broker drains. An instance that is dead beats no more, and is given up after one of these limits.
 */
export const hooks: GroupRollout['hooks'] = [
  {
    LifecycleHookName: lifecycleHooks.launch.name,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    // Longer than any part of a boot without a beat: the kernel, or a filesystem that is checked.
    HeartbeatTimeout: lifecycleHooks.launch.heartbeatSeconds,
    // An instance that never reports that it works is replaced.
    DefaultResult: 'ABANDON',
  },
  {
    LifecycleHookName: lifecycleHooks.terminate.name,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: lifecycleHooks.terminate.heartbeatSeconds,
    DefaultResult: 'CONTINUE',
  },
];
