import path from 'node:path';
import { factory } from '../../config';
import { functions } from '../../config/names';
import { retirementPolicy } from '../../config/retirement-policy';
import { buildLambdaArchive } from '../../lambda/archive/archive';
import { invoke, resultOf, unpack } from '../rehearse/lambda-process';
import type { Measurement } from './measure';
import { startUsageOfMany, type Usage } from './usage-of-many';

/** A factory of many, and how many images it has. */
export interface RetirementSize extends Usage {
  readonly images: number;
  readonly accounts: number;
}

/**
 * A dry run of the built archive over so many images and accounts, on a server that throttles nothing.
 *
 * @throws Error of a run that does not decide about every image
 */
export async function measureRetirement(
  work: string,
  { images, accounts, ...usage }: RetirementSize,
): Promise<Measurement & { readonly calls: number }> {
  const { accountId: opsAccountId, region, retirement } = factory.ops;
  const accountIds = Array.from({ length: accounts }, (_, n) => String(200_000_000_000 + n));
  const aws = await startUsageOfMany({ opsAccountId, keyArn: '', accountIds, images }, usage);
  try {
    const code = await unpack(buildLambdaArchive(functions.cleanup, work), path.join(work, 'retirement'));
    const environment = {
      AWS_ACCESS_KEY_ID: opsAccountId,
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: region,
      AWS_ENDPOINT_URL: aws.endpoint,
      OPS_ACCOUNT_ID: opsAccountId,
      SERVICE_ACCOUNT_IDS: accountIds.join(','),
      REPORT_BUCKET: 'reports',
      RETIREMENT: retirementPolicy(retirement),
    };
    const settings = { functionName: functions.cleanup, handler: 'index.handler', memorySize: 256, environment };
    const invocation = await invoke(code, settings, { command: 'retire', dryRun: true });
    const { images: decided, changed } = resultOf(invocation) as {
      images: number;
      changed: Readonly<Record<string, number>>;
    };
    if (decided !== images || changed['deprecate'] !== retirement.changesPerRun)
      throw new Error(`${decided} of ${images} images were decided about, and ${JSON.stringify(changed)} would change`);
    return { seconds: invocation.seconds, megabytes: invocation.megabytes, calls: aws.calls() };
  } finally {
    aws.close();
  }
}
