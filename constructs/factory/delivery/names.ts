/** A pipeline's artifacts lie in a bucket of its own: 58 characters at most, of the 63 that S3 allows. */
export const artifactBucket = (pipeline: string, accountId: string): string => `${pipeline}-artifacts-${accountId}`;

/** The artifact that carries a saved plan from its build to the one that applies it. */
export const planArtifact = 'plan';
