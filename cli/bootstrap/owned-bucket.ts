import { S3ServiceException } from '@aws-sdk/client-s3';

/** How every call names the bucket: one of that name in another account is refused, not configured. */
export interface Owned {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

/** The answer, or undefined where S3 answers that there is none. */
export async function found<T>(request: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof S3ServiceException && codes.includes(error.name)) return undefined;
    throw error;
  }
}
