import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import { mockClient } from 'aws-sdk-client-mock';
import { redrive, type RedriveOptions } from '../../../cli/sharing/redrive';

interface Stored {
  readonly id: string;
  hiddenUntil: number;
  receives: number;
  deleted: boolean;
}

/** A dead-letter queue and a function, on a clock of their own (Amazon SQS Developer Guide, "Visibility timeout"). */
class Queue {
  now = 0;
  readonly messages: Stored[];
  /** Messages that the function was called with, in order. */
  readonly calls: string[] = [];
  /** How long a call takes, and whether it works. */
  callSeconds = 150;
  works: (id: string) => boolean = () => false;
  /** Messages that SQS delivers again although they are hidden, or were deleted. */
  readonly again: string[] = [];
  private readonly sqs = new SQSClient({ region: 'us-west-2' });
  private readonly lambda = new LambdaClient({ region: 'us-west-2' });

  constructor(count: number) {
    this.messages = Array.from({ length: count }, (_, index) => ({
      id: `m${index}`,
      hiddenUntil: 0,
      receives: 0,
      deleted: false,
    }));
    const sqs = mockClient(this.sqs);
    sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'queue' });
    sqs.on(ReceiveMessageCommand).callsFake((input: ReceiveMessageCommand['input']) => this.receive(input));
    sqs.on(ChangeMessageVisibilityCommand).callsFake((input: ChangeMessageVisibilityCommand['input']) => {
      this.byReceipt(input.ReceiptHandle).hiddenUntil = this.now + (input.VisibilityTimeout ?? 0);
      return {};
    });
    sqs
      .on(ChangeMessageVisibilityBatchCommand)
      .callsFake(({ Entries = [] }: ChangeMessageVisibilityBatchCommand['input']) => {
        expect(Entries.length).toBeLessThanOrEqual(10);
        for (const { ReceiptHandle, VisibilityTimeout = 0 } of Entries)
          this.byReceipt(ReceiptHandle).hiddenUntil = this.now + VisibilityTimeout;
        return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
      });
    sqs.on(DeleteMessageCommand).callsFake(({ ReceiptHandle }: DeleteMessageCommand['input']) => {
      this.byReceipt(ReceiptHandle).deleted = true;
      return {};
    });
    mockClient(this.lambda)
      .on(InvokeCommand)
      .callsFake(({ Payload }: InvokeCommand['input']) => {
        const { id } = JSON.parse(Payload as string) as { id: string };
        this.calls.push(id);
        this.now += this.callSeconds;
        const answer = this.works(id) ? '{}' : '{"errorType":"ImageNotReadyError","errorMessage":"not yet"}';
        return {
          Payload: Uint8ArrayBlobAdapter.fromString(answer),
          ...(!this.works(id) && { FunctionError: 'Unhandled' }),
        };
      });
  }

  private receive({ VisibilityTimeout = 30 }: ReceiveMessageCommand['input']) {
    const twice = this.again.pop();
    const message = this.messages.find(({ id, deleted, hiddenUntil }) =>
      twice === undefined ? !deleted && hiddenUntil <= this.now : id === twice,
    );
    if (message === undefined) return {};
    message.hiddenUntil = this.now + VisibilityTimeout;
    message.receives += 1;
    const { id, receives } = message;
    return { Messages: [{ MessageId: id, ReceiptHandle: `${id}/${receives}`, Body: JSON.stringify({ id }) }] };
  }

  private byReceipt(receipt = ''): Stored {
    const found = this.messages.find(({ id }) => id === receipt.split('/')[0]);
    if (found === undefined) throw new Error(`no message ${receipt}`);
    return found;
  }

  redrive = (changes: Partial<RedriveOptions> = {}) =>
    redrive(this.sqs, this.lambda, {
      functionName: 'packer-ami-sharing',
      dryRun: false,
      max: 100,
      report: () => undefined,
      now: () => this.now,
      ...changes,
    });
}

test('each message is tried once, however long all of them together take', async () => {
  // 900 s each, for 25 messages: hours after the first one was taken.
  const queue = new Queue(25);
  queue.callSeconds = 900;
  expect(await queue.redrive()).toEqual({ handled: 0, left: 25 });
  expect(queue.calls).toEqual(queue.messages.map(({ id }) => id));
  // All are there for the next run, at once.
  expect(queue.messages.every(({ hiddenUntil, deleted }) => hiddenUntil <= queue.now && !deleted)).toBe(true);
});

test('messages that were not tried yet are not kept from it by those that fail', async () => {
  const queue = new Queue(25);
  queue.works = (id) => Number(id.slice(1)) % 2 === 0;
  expect(await queue.redrive({ max: 60 })).toEqual({ handled: 13, left: 12 });
  expect(new Set(queue.calls).size).toBe(queue.calls.length);
});

test.each([
  ['that failed', false],
  ['that was handled', true],
])('a message %s, and is delivered a second time, is passed over', async (_, works) => {
  const queue = new Queue(2);
  queue.works = () => works;
  const seen: string[] = [];
  const report = (line: string) => {
    seen.push(line);
    if (line.startsWith('m0: ')) queue.again.push('m0');
  };
  expect(await queue.redrive({ report })).toEqual(works ? { handled: 2, left: 0 } : { handled: 0, left: 2 });
  expect(queue.calls).toEqual(['m0', 'm1']);
  expect(seen.filter((line) => line.startsWith('m0: '))).toHaveLength(1);
  expect(queue.messages.map(({ deleted }) => deleted)).toEqual([works, works]);
});

test('a run that ends with an error gives back what it took', async () => {
  const queue = new Queue(3);
  queue.works = (id) => {
    if (id === 'm1') throw Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' });
    return false;
  };
  await expect(queue.redrive()).rejects.toThrow('Rate exceeded');
  expect(queue.calls).toEqual(['m0', 'm1']);
  expect(queue.messages.every(({ hiddenUntil, deleted }) => hiddenUntil <= queue.now && !deleted)).toBe(true);
});

test('a dry run calls nothing, and gives all back', async () => {
  const queue = new Queue(12);
  expect(await queue.redrive({ dryRun: true, max: 11 })).toEqual({ handled: 0, left: 11 });
  expect(queue.calls).toEqual([]);
  expect(queue.messages.every(({ hiddenUntil, deleted }) => hiddenUntil <= queue.now && !deleted)).toBe(true);
});
