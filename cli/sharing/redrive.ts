import type { LambdaClient } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, QueueDoesNotExist, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { deadLetterQueue } from '../../config/names';
import { callFunction, FunctionFailedError, NotDeployedError } from './function';
import { TakenMessages } from './taken-messages';

export interface RedriveOptions {
  /** Whose dead-letter queue. */
  readonly functionName: string;
  readonly dryRun: boolean;
  /** How many messages to take at most. */
  readonly max: number;
  /** Gets a line for every message. */
  readonly report: (line: string) => void;
  /** Seconds on a monotonic clock; that of the process unless given. */
  readonly now?: () => number;
}

/** How many messages were handled and are gone, and how many are still there. */
export interface Redriven {
  readonly handled: number;
  readonly left: number;
}

const monotonicClock = (): number => performance.now() / 1000;

/**
 * Sends what could not be handled to the function again, one message after another. A message goes only after the
 * function has handled it; one that fails again stays, for the next time. Each is taken once, however long the run takes.
 *
 * @throws NotDeployedError where there is no such queue or function, and what SQS or Lambda answer; what was taken and not handled is given back before
 */
export async function redrive(
  sqs: SQSClient,
  lambda: LambdaClient,
  { functionName, dryRun, max, report, now = monotonicClock }: RedriveOptions,
): Promise<Redriven> {
  const QueueUrl = await urlOf(sqs, deadLetterQueue(functionName));
  const taken = new TakenMessages(sqs, QueueUrl, now);
  let handled = 0;
  try {
    while (handled + taken.left < max) {
      const message = await taken.next();
      if (message === undefined) break;
      report(`${message.MessageId ?? ''}: ${reasonOf(message)}`);
      if (dryRun || !(await isHandled(lambda, functionName, message, report))) continue;
      await taken.remove(message);
      handled += 1;
    }
  } finally {
    await taken.giveBack();
  }
  return { handled, left: taken.left };
}

async function urlOf(sqs: SQSClient, QueueName: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) throw new NotDeployedError(`queue ${QueueName}`, error);
    throw error;
  }
}

async function isHandled(
  lambda: LambdaClient,
  functionName: string,
  { Body = '' }: Message,
  report: (line: string) => void,
): Promise<boolean> {
  const event = parsed(Body);
  if (event === undefined) {
    report('  is no JSON; look at it in the console');
    return false;
  }
  try {
    await callFunction(lambda, event, functionName);
  } catch (error) {
    if (!(error instanceof FunctionFailedError)) throw error;
    report(`  failed again: ${error.message}`);
    return false;
  }
  report('  is handled');
  return true;
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Why it is here: Lambda and EventBridge name it in attributes, each in its own. */
function reasonOf({ MessageAttributes = {} }: Message): string {
  const value = (name: string) => MessageAttributes[name]?.StringValue;
  return value('ErrorMessage') ?? value('ERROR_MESSAGE') ?? value('ERROR_CODE') ?? 'no reason given';
}
