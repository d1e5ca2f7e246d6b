import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { factory, validated } from '../../config';
import { functions, retirementReports } from '../../config/names';
import type { Report } from '../../lambda/packer-ami-cleanup/report/report';
import type { RetireResult } from '../../lambda/packer-ami-cleanup/retire';
import { expectAccount } from '../common/account';
import { command } from '../common/command';
import { callFunction } from '../sharing/function';
import { parse, usage, type Action } from './arguments';
import { reportLines } from './table';
import { undoAndShare } from './undo';

/** Longer than the function may run. */
const patient = { requestTimeout: 1_000_000, throwOnRequestTimeout: true };

async function run(action: Action): Promise<number> {
  const { ops } = validated(factory);
  const { region, accountId } = ops;
  await expectAccount(region, accountId);
  const s3 = new S3Client({ region });
  const bucket = retirementReports.bucket(accountId, region);
  if (action.do === 'report') {
    const report = await readReport(s3, bucket, retirementReports.latest(action.dryRun));
    return print(report, action);
  }
  // A command is safe to repeat, but only its operator should decide to.
  const lambda = new LambdaClient({ region, maxAttempts: 1, requestHandler: patient });
  if (action.do === 'undo') {
    console.log(JSON.stringify(await undoAndShare(lambda, action.command), null, 2));
    return 0;
  }
  const { report } = (await callFunction(lambda, action.command, functions.cleanup)) as RetireResult;
  return print(await readReport(s3, report.bucket, report.key), { all: false, json: false });
}

/** @throws Error where there is no report yet */
async function readReport(s3: S3Client, Bucket: string, Key: string): Promise<Report> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return JSON.parse((await Body?.transformToString()) ?? '') as Report;
  } catch (error) {
    if (!(error instanceof NoSuchKey)) throw error;
    throw new Error(`s3://${Bucket} has no ${Key} yet; start a run: npm run retirement -- run --dry-run`, {
      cause: error,
    });
  }
}

function print(report: Report, { all, json }: { readonly all: boolean; readonly json: boolean }): number {
  console.log(json ? JSON.stringify(report, null, 2) : reportLines(report, all).join('\n'));
  const { problems, failedSources } = report.summary;
  return problems.length + failedSources.length > 0 ? 1 : 0;
}

export const retirementCommand = command({
  summary: 'report, run and undo the retirement of images',
  usage,
  parse,
  run,
});
