import path from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { factory } from '../../config';
import { codeBuildProjects, functions, project } from '../../config/names';
import { buildLambdaArchive } from '../../lambda/archive/archive';
import { startLocalAws, type LocalAws } from '../local-aws';
import { startFaultProxy } from '../local-aws/fault-proxy';
import { buildEvent } from '../rehearse/build-event';
import { invoke, resultOf, unpack } from '../rehearse/lambda-process';
import { makeImage } from '../rehearse/made-image';

/** How long it takes that an image reaches its accounts. */
export interface SharingFigures {
  readonly accounts: number;
  readonly seconds: number;
  /** What the calls in the accounts alone would take, one after another. */
  readonly sumSeconds: number;
  readonly megabytes: number;
  readonly callsPerAccount: number;
}

/** What every call in a service account takes here beside the local AWS itself: the way to AWS and back, and its work. */
const delaySeconds = 0.1;

/**
 * Shares a new image from the built archive, with so many accounts each time, on a local AWS whose service accounts are
 * as far away as real ones.
 *
 * @throws Error when an account does not get the image
 */
export async function measureSharing(work: string, counts: readonly number[]): Promise<SharingFigures[]> {
  const aws = await startLocalAws(factory.ops.region);
  try {
    const code = await unpack(buildLambdaArchive(functions.sharing, work), path.join(work, 'share'));
    const { KeyMetadata } = await new KMSClient(await aws.clientSettings(factory.ops.accountId)).send(
      new CreateKeyCommand({}),
    );
    const figures: SharingFigures[] = [];
    for (const count of counts) figures.push(await shareOnce(aws, code, KeyMetadata?.Arn ?? '', count));
    return figures;
  } finally {
    await aws.stop();
  }
}

async function shareOnce(aws: LocalAws, code: string, keyArn: string, accounts: number): Promise<SharingFigures> {
  const { accountId, region } = factory.ops;
  const imageId = await makeImage(await aws.clientSettings(accountId), {
    name: `boundless-manager-${accounts}`,
    keyArn,
    tags: { Project: project, ManagedBy: 'packer', Image: 'manager', Version: 'v1.2.2', InputsHash: 'a'.repeat(64) },
  });
  // Accounts of their own for each count: none has anything yet.
  const ids = Array.from({ length: accounts }, (_, index) => String(300_000_000_000 + 1000 * accounts + index));
  const proxy = await startFaultProxy(aws.endpoint, ({ role }) => (role === undefined ? undefined : 'delay'));
  try {
    const environment = {
      ...(await aws.environment(accountId)),
      AWS_ENDPOINT_URL: proxy.endpoint,
      OPS_ACCOUNT_ID: accountId,
      SERVICE_ACCOUNT_IDS: ids.join(','),
      AMI_KEY_ARN: keyArn,
      BUILD_PROJECT: codeBuildProjects.packer,
    };
    const settings = { functionName: functions.sharing, handler: 'index.handler', memorySize: 256, environment };
    const event = buildEvent({
      accountId,
      region,
      project: codeBuildProjects.packer,
      status: 'SUCCEEDED',
      exported: { AMI_ID: imageId },
    });
    const invocation = await invoke(code, settings, event);
    resultOf(invocation);
    const inAccounts = proxy.calls.filter(({ role }) => role !== undefined).length;
    const assumed = proxy.calls.filter(({ action }) => action === 'sts:AssumeRole').length;
    const { seconds, megabytes } = invocation;
    return {
      accounts,
      seconds,
      sumSeconds: inAccounts * delaySeconds,
      megabytes,
      callsPerAccount: (inAccounts + assumed) / accounts,
    };
  } finally {
    await proxy.close();
  }
}
