import type { OpsConfig } from './schema';

/** What the parts of a build may take, in minutes. */
export const buildMinutes = {
  /** Tools, versions, templates. */
  prepare: 10,
  /** From the start of the instance to the end of the verification: the driver, CUDA, a reboot and large downloads. */
  bake: 45,
  /** Until EC2 has made the image; it has been an hour (packer#8299). Packer waits no longer (`image_wait_minutes`). */
  image: 60,
  /** For Packer to remove its instance when its time is over, before CodeBuild ends everything. */
  cleanUp: 10,
} as const;

/**
 * How long a build may wait for its turn, in minutes: the most that CodeBuild takes (AWS CodeBuild API Reference,
 * "CreateProject"). A new account runs one build at a time, so that three bakes of one push wait for one another.
 */
export const queueMinutes = 480;

/** The shortest time limit that a slow build fits into. Spot capacity can be lost at the end of a bake, which repeats it. */
export function shortestTimeout(spot: boolean): number {
  const { prepare, bake, image, cleanUp } = buildMinutes;
  return prepare + (spot ? 2 : 1) * bake + image + cleanUp;
}

/** What is wrong with the time limit of builds, and what to do; undefined if nothing is. */
export function timeoutProblem({ timeoutMinutes, spot }: OpsConfig['build']): string | undefined {
  const shortest = shortestTimeout(spot);
  if (timeoutMinutes >= shortest) return undefined;
  const kind = spot ? 'on spot capacity, which may take two bakes' : 'on demand';
  return `is too short for a slow build ${kind}; give at least ${shortest} minutes`;
}
