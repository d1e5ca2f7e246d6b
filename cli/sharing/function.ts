import {
  InvokeCommand,
  ResourceNotFoundException,
  type InvokeCommandOutput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { functions } from '../../config/names';
import { OperatorError } from '../common/errors';

/** How Lambda reports what a handler threw (AWS Lambda Developer Guide, "Node.js function errors"). */
const failureSchema = z.looseObject({ errorType: z.string(), errorMessage: z.string() });

/** The function ran, and failed. */
export class FunctionFailedError extends Error {
  override readonly name = 'FunctionFailedError';
}

/** What of the factory a command needs is not in the account. */
export class NotDeployedError extends OperatorError {
  override readonly name = 'NotDeployedError';

  /** @param missing such as `function packer-ami-sharing` */
  constructor(missing: string, cause: unknown) {
    super(`There is no ${missing} in this account and region; deploy the stack ops first: npx cdktf deploy ops`, {
      cause,
    });
  }
}

/** How often a call that takes long shows that it goes on. */
const signOfLifeMs = 10_000;

/**
 * Lets a Lambda of the factory, the sharing one by default, handle an event or a command, and waits for what comes of it.
 *
 * @param showProgress gets a line every ten seconds
 * @throws FunctionFailedError with the reason that the function gave, NotDeployedError where there is no such function
 */
export async function callFunction(
  lambda: LambdaClient,
  input: unknown,
  functionName: string = functions.sharing,
  showProgress: (line: string) => void = console.error,
): Promise<unknown> {
  const started = performance.now();
  const sign = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    showProgress(`${functionName} has run for ${seconds} s; it takes 15 minutes at most.`);
  }, signOfLifeMs);
  const call = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(input) });
  let result: InvokeCommandOutput;
  try {
    result = await lambda.send(call);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) throw new NotDeployedError(`function ${functionName}`, error);
    throw error;
  } finally {
    clearInterval(sign);
  }
  const { FunctionError, Payload } = result;
  const answer: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError === undefined) return answer;
  // A time-out of the function itself has a message and nothing else.
  const { success, data } = failureSchema.safeParse(answer);
  throw new FunctionFailedError(success ? `${data.errorType}: ${data.errorMessage}` : JSON.stringify(answer));
}
