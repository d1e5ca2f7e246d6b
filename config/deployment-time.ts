import { smokeMinutes } from './names';

/** For everything in a deployment but the rollout of instances and the smoke test, in minutes. */
const besideRollout = 30;

/**
 * How long a deployment waits for instances, in minutes: less than CodeBuild's timeout for the whole build.
 *
 * @param smoke whether the deployment runs the smoke test
 */
export const rolloutMinutes = (deploymentTimeoutMinutes: number, smoke: boolean): number =>
  deploymentTimeoutMinutes - besideRollout - (smoke ? smokeMinutes : 0);
