import { lifecycleHooks } from './names';
import type { GroupRollout } from './rollout';

/**
 * What Auto Scaling waits for (Amazon EC2 Auto Scaling User Guide, "Lifecycle hooks"). The machine beats every five
 * minutes while it works (docs/boot.md), and may so go on for 48 hours or a hundred times these limits, whichever comes
 * first: far longer than a broker drains. A machine that is dead beats no more, and is given up after one of these limits.
 */
export const hooks: GroupRollout['hooks'] = [
  {
    LifecycleHookName: lifecycleHooks.launch,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    // Longer than any part of a boot without a beat: the kernel, or a filesystem that is checked.
    HeartbeatTimeout: 1800,
    // A machine that never reports that it works is replaced.
    DefaultResult: 'ABANDON',
  },
  {
    LifecycleHookName: lifecycleHooks.terminate,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: 900,
    DefaultResult: 'CONTINUE',
  },
];
