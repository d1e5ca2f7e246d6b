import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { factory, validated } from '../../config';
import { functions } from '../../config/names';
import { expectAccount } from '../account';
import { explain } from '../explain';
import { allowImages } from './allow-images';
import { parse, usage, type Action } from './arguments';
import { callFunction } from './function';
import { redrive } from './redrive';

/** Longer than the function may run. */
const patient = { requestTimeout: 1_000_000, throwOnRequestTimeout: true };

async function main(args: readonly string[]): Promise<number> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  let action: Action;
  try {
    action = parse(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (action.do === 'help') {
    console.log(usage);
    return 0;
  }
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

/** Events of every function, since whoever repairs a cause wants all that waited for it. */
async function redriveAll(
  sqs: SQSClient,
  lambda: LambdaClient,
  { dryRun, max }: Action & { readonly do: 'redrive' },
): Promise<number> {
  let remaining = 0;
  for (const functionName of Object.values(functions)) {
    const { handled, left } = await redrive(sqs, lambda, { functionName, dryRun, max, report: console.log });
    console.log(
      dryRun
        ? `${functionName}: ${left} events to send again; nothing was changed.`
        : `${functionName}: ${handled} events handled, ${left} left.`,
    );
    remaining += left;
  }
  return dryRun || remaining === 0 ? 0 : 1;
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

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(explain(error));
    process.exitCode = 1;
  },
);
