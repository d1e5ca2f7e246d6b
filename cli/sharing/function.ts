import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { functions } from '../../config/names';

/** How Lambda reports what a handler threw (AWS Lambda Developer Guide, "Node.js function errors"). */
const failureSchema = z.looseObject({ errorType: z.string(), errorMessage: z.string() });

/** The function ran, and failed. */
export class FunctionFailedError extends Error {
  override readonly name = 'FunctionFailedError';
}

/**
 * Lets a Lambda of the factory, the sharing one by default, handle an event or a command, and waits for what comes of it.
 *
 * @throws FunctionFailedError with the reason that the function gave
 */
export async function callFunction(
  lambda: LambdaClient,
  input: unknown,
  functionName: string = functions.sharing,
): Promise<unknown> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(input) }),
  );
  const answer: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError === undefined) return answer;
  // A time-out of the function itself has a message and nothing else.
  const { success, data } = failureSchema.safeParse(answer);
  throw new FunctionFailedError(success ? `${data.errorType}: ${data.errorMessage}` : JSON.stringify(answer));
}
