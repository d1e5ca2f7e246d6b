/**
 * The broker's releases that the images may carry, in order (bento.md, table of tags). There is no v1.0.1; 1.4 changes
 * prices and adds sections, and is not among them.
 */
export const brokerReleases = ['1.0.0', '1.0.2', '1.1.0', '1.1.1', '1.1.2', '1.2.0', '1.2.1', '1.2.2'] as const;
export type BrokerRelease = (typeof brokerReleases)[number];

/**
 * `v1.2.1` or `1.2.1` as a release.
 *
 * @throws Error that names the releases there are
 */
export function brokerRelease(version: string): BrokerRelease {
  const found = brokerReleases.find((release) => release === version.replace(/^v/, ''));
  if (found === undefined)
    throw new Error(
      `There is no broker ${JSON.stringify(version)} to check for; use one of ${brokerReleases.join(', ')}.`,
    );
  return found;
}

/** Whether a release is another one or comes after it. */
export const isFrom = (release: BrokerRelease, first: BrokerRelease): boolean =>
  brokerReleases.indexOf(release) >= brokerReleases.indexOf(first);

/**
 * Whether Bento's agents of a release call CreateBucket at each start, and end unless S3 answers BucketAlreadyOwnedByYou:
 * up to 1.1.1. Later ones look with HeadBucket first (`bento/crates/workflow-common/src/s3.rs` upstream).
 */
export const createsBucket = (release: BrokerRelease): boolean => !isFrom(release, '1.1.2');
