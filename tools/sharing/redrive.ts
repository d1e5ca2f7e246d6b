import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { deadLetterQueue } from '../../config/names';
import { callFunction, FunctionFailed } from './function';

/** Longer than the function runs, so that nobody else takes a message that is being handled. */
const hiddenSeconds = 1000;

export interface RedriveOptions {
  /** Whose dead-letter queue. */
  readonly functionName: string;
  readonly dryRun: boolean;
  /** How many messages to take at most. */
  readonly max: number;
  /** Hears of every message. */
  readonly report: (line: string) => void;
}

/** How many messages were handled and are gone, and how many are still there. */
export interface Redriven {
  readonly handled: number;
  readonly left: number;
}

/**
 * Sends what could not be handled to the function again, one message after another. A message goes only after the
 * function has handled it; one that fails again stays, for the next time. Each is taken once.
 */
export async function redrive(
  sqs: SQSClient,
  lambda: LambdaClient,
  { functionName, dryRun, max, report }: RedriveOptions,
): Promise<Redriven> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: deadLetterQueue(functionName) }));
  const kept: Message[] = [];
  let handled = 0;
  try {
    while (handled + kept.length < max) {
      const { Messages: [message] = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 1,
          VisibilityTimeout: hiddenSeconds,
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['All'],
        }),
      );
      if (message === undefined) break;
      // Kept unless it turns out to be handled: it must be given back even where this is interrupted by an error.
      kept.push(message);
      report(`${message.MessageId ?? ''}: ${reasonOf(message)}`);
      if (dryRun || !(await isHandled(lambda, functionName, message, report))) continue;
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      kept.pop();
      handled += 1;
    }
  } finally {
    for (const { ReceiptHandle } of kept)
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  }
  return { handled, left: kept.length };
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
    if (!(error instanceof FunctionFailed)) throw error;
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

/** Why it is here: Lambda and EventBridge say so in attributes, each in its own. */
function reasonOf({ MessageAttributes = {} }: Message): string {
  const value = (name: string) => MessageAttributes[name]?.StringValue;
  return value('ErrorMessage') ?? value('ERROR_MESSAGE') ?? value('ERROR_CODE') ?? 'no reason given';
}
