import { GetRoleCommand, NoSuchEntityException, type IAMClient } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, NotFoundException, type KMSClient } from '@aws-sdk/client-kms';
import { GetBucketVersioningCommand, NoSuchBucket, type S3Client } from '@aws-sdk/client-s3';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { failed, ok, unknown, type Check } from '../check';
import { quotaNamed, raise } from '../quotas';

/** Whether the state bucket keeps versions: restores and saved plans depend on them. */
export function stateBucketCheck(s3: S3Client, Bucket: string, accountId: string, environment: string): Check {
  return {
    name: `state bucket ${Bucket}`,
    async run() {
      const fix = `make bootstrap ENV=${environment}`;
      try {
        const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket, ExpectedBucketOwner: accountId }));
        return Status === 'Enabled' ? ok('versioned') : failed('it is not versioned', fix);
      } catch (error) {
        if (error instanceof NoSuchBucket || (error instanceof Error && error.name === 'NoSuchBucket'))
          return failed('it is not there', fix);
        throw error;
      }
    },
  };
}

/** Whether a service-linked role is there, which grants and policies name. */
export function serviceRoleCheck(iam: IAMClient, RoleName: string, environment: string): Check {
  return {
    name: `role ${RoleName}`,
    async run() {
      try {
        await iam.send(new GetRoleCommand({ RoleName }));
        return ok('it is there');
      } catch (error) {
        if (error instanceof NoSuchEntityException)
          return failed('it is not there', `make bootstrap ENV=${environment}`);
        throw error;
      }
    },
  };
}

/** Whether the image key can be used: images of a disabled key launch nowhere. */
export function imageKeyCheck(kms: KMSClient, KeyId: string): Check {
  return {
    name: `key ${KeyId}`,
    async run() {
      try {
        const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
        const state = KeyMetadata?.KeyState ?? 'of no state';
        return state === 'Enabled'
          ? ok('Enabled')
          : failed(
              state,
              `aws kms ${state === 'PendingDeletion' ? 'cancel-key-deletion' : 'enable-key'} --key-id ${KeyMetadata?.KeyId ?? ''}`,
            );
      } catch (error) {
        if (error instanceof NotFoundException) return unknown('it is not there', 'deploy the stack ops first');
        throw error;
      }
    },
  };
}

const instanceOf: Readonly<Record<string, string>> = {
  BUILD_GENERAL1_SMALL: 'Small',
  BUILD_GENERAL1_MEDIUM: 'Medium',
  BUILD_GENERAL1_LARGE: 'Large',
};

/** Whether builds of all images may run side by side: new accounts often start with one (CodeBuild User Guide, "Quotas"). */
export function buildQuotaCheck(quotas: ServiceQuotasClient, computeType: string, builds: number): Check {
  const instance = instanceOf[computeType] ?? computeType;
  return {
    name: `quota of concurrent builds on Linux/${instance}`,
    async run() {
      const quota = await quotaNamed(
        quotas,
        'codebuild',
        new RegExp(`^Concurrently running builds for Linux/${instance} `),
      );
      if (quota === undefined)
        return unknown(
          'Service Quotas lists no such quota',
          'look it up in the console: Service Quotas, AWS CodeBuild',
        );
      const text = `${quota.value}, and ${builds} images are built side by side`;
      if (quota.value >= builds) return ok(text);
      return failed(`${text}: the others wait in the queue`, raise('AWS CodeBuild', quota.name));
    },
  };
}
