import path from 'node:path';
import { factory } from '../../config';
import { codeBuildProjects, functions } from '../../config/names';
import { buildLambdaArchive } from '../../lambda/archive/archive';
import { invoke, resultOf, unpack } from '../rehearse/lambda-process';
import type { Measurement } from './measure';
import { startEc2OfMany } from './ec2-of-many';

/**
 * Runs a reconcile run of the built archive that finds nothing to do, with so many accounts and images, on a server that
 * throttles nothing: what it needs of the processor and of memory. Of the time that AWS's request rates take, see
 * `__tests__/lambda/packer-ami-sharing/scale`.
 *
 * @throws Error of a run that does not compare every image
 */
export async function measureReconcile(work: string, accounts: number, images: number): Promise<Measurement> {
  const { accountId: opsAccountId, region } = factory.ops;
  const keyArn = `arn:aws:kms:${region}:${opsAccountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const accountIds = Array.from({ length: accounts }, (_, n) => String(200_000_000_000 + n));
  const aws = await startEc2OfMany({ opsAccountId, keyArn, accountIds, images });
  try {
    const code = await unpack(buildLambdaArchive(functions.sharing, work), path.join(work, 'reconcile'));
    const environment = {
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: region,
      AWS_ENDPOINT_URL: aws.endpoint,
      OPS_ACCOUNT_ID: opsAccountId,
      SERVICE_ACCOUNT_IDS: accountIds.join(','),
      AMI_KEY_ARN: keyArn,
      BUILD_PROJECT: codeBuildProjects.packer,
    };
    const settings = { functionName: functions.sharing, handler: 'index.handler', memorySize: 256, environment };
    const invocation = await invoke(code, settings, { command: 'reconcile' });
    const { images: compared, driftFound } = resultOf(invocation) as { images: number; driftFound: number };
    if (compared !== images || driftFound > 0)
      throw new Error(
        `${compared} of ${images} images were compared, and ${driftFound} differences found; there are none`,
      );
    return { seconds: invocation.seconds, megabytes: invocation.megabytes };
  } finally {
    aws.close();
  }
}
