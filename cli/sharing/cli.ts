import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { factory, validated } from '../../config';
import { functions } from '../../config/names';
import { expectAccount } from '../common/account';
import { command } from '../common/command';
import { allowImages } from './allow-images';
import { parse, usage, type Action } from './arguments';
import { callFunction } from './function';
import { redrive } from './redrive';

/** Longer than the function may run. */
const patient = { requestTimeout: 1_000_000, throwOnRequestTimeout: true };

async function run(action: Action): Promise<number> {
  const { ops } = validated(factory);
  const { region } = ops;
  if (action.do === 'allow-images') return allow(action);
  await expectAccount(region, ops.accountId);
  // A command is safe to repeat, but only its operator should decide to.
  const lambda = new LambdaClient({ region, maxAttempts: 1, requestHandler: patient });
  if (action.do === 'invoke') {
    const result = await callFunction(lambda, action.command);
    console.log(JSON.stringify(result, null, 2));
    return foundProblems(result) ? 1 : 0;
  }
  return redriveAll(new SQSClient({ region }), lambda, action);
}

/** Events of every function, since an operator who repairs a cause wants all that waited for it. */
async function redriveAll(
  sqs: SQSClient,
  lambda: LambdaClient,
  { dryRun, max, json }: Action & { readonly do: 'redrive' },
): Promise<number> {
  const results: { functionName: string; handled: number; left: number }[] = [];
  // With --json standard output is the result's alone.
  const report = json ? console.error : console.log;
  for (const functionName of Object.values(functions)) {
    const { handled, left } = await redrive(sqs, lambda, { functionName, dryRun, max, report });
    report(
      dryRun
        ? `${functionName}: ${left} events to send again; nothing was changed.`
        : `${functionName}: ${handled} events handled, ${left} left.`,
    );
    results.push({ functionName, handled, left });
  }
  if (json) console.log(JSON.stringify({ dryRun, functions: results }, null, 2));
  return dryRun || results.every(({ left }) => left === 0) ? 0 : 1;
}

async function allow({ environment, dryRun }: Action & { readonly do: 'allow-images' }): Promise<number> {
  const { accountId, region, allowedImages } = environment;
  await expectAccount(region, accountId);
  const { state } = allowedImages;
  const wanted = { state, providers: [factory.ops.accountId, ...allowedImages.providers] };
  const before = await allowImages(new EC2Client({ region }), wanted, dryRun);
  console.log(JSON.stringify({ before, wanted, dryRun }, null, 2));
  return 0;
}

/** Whether instances could not start somewhere; everything else that is wrong fails the function. */
const foundProblems = (result: unknown): boolean =>
  typeof result === 'object' &&
  result !== null &&
  'launchProblems' in result &&
  Array.isArray(result.launchProblems) &&
  result.launchProblems.length > 0;

export const sharingCommand = command({
  summary: 'reconcile, withdraw and pin images',
  usage,
  parse,
  run,
});
