import { smokeMinutes } from './names';

/** For everything in a deployment but the wait for machines and the smoke test, in minutes. */
const besideRollout = 30;

/**
 * How long a deployment waits for machines, in minutes: less than CodeBuild gives all of it.
 *
 * @param smoke whether the deployment runs the smoke test
 */
export const rolloutMinutes = (deploymentTimeoutMinutes: number, smoke: boolean): number =>
  deploymentTimeoutMinutes - besideRollout - (smoke ? smokeMinutes : 0);
