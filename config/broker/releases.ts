import { brokerReleases, type BrokerRelease } from '../contract';

export { brokerReleases, type BrokerRelease } from '../contract';

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
