import { scalingGroup } from '../../../config/names';

/** Alarms that only Auto Scaling listens to. */
export const scalingAlarms = (environment: string) =>
  ({
    out: `${scalingGroup(environment, 'prover')}-scale-out`,
    in: `${scalingGroup(environment, 'prover')}-scale-in`,
  }) as const;
