import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { chunks } from '../../lambda/common/bounded';

/** Seconds that a taken message stays hidden from all who receive: two calls of a function, which are given up after 1,000 s each. */
const hiddenSeconds = 2000;

/** A message that has less than this left is hidden again before the next call of a function: no call takes longer. */
const callSeconds = 1000;

/** Entries that one call takes (Amazon SQS API Reference, "ChangeMessageVisibilityBatch"). */
const perCall = 10;

interface Kept {
  readonly receiptHandle: string;
  readonly hiddenUntil: number;
}

/**
 * The messages that one run has taken from a queue, each of them once. SQS can deliver a message twice, and shows one
 * again when its time is over (Amazon SQS Developer Guide, "Visibility timeout"): a run can be longer than that, so it
 * hides what it keeps again and again, and passes over what comes back all the same.
 */
export class TakenMessages {
  private readonly kept = new Map<string, Kept>();
  private readonly done = new Set<string>();

  constructor(
    private readonly sqs: SQSClient,
    private readonly QueueUrl: string | undefined,
    /** Seconds on a clock that never goes back. */
    private readonly now: () => number,
  ) {}

  /** Messages that were taken, and are still in the queue. */
  get left(): number {
    return this.kept.size;
  }

  /** A message that this run has not taken yet; undefined where the queue gives no other. */
  async next(): Promise<Message | undefined> {
    await this.hideAgain();
    for (;;) {
      const before = this.now();
      const { Messages: [message] = [] } = await this.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.QueueUrl,
          MaxNumberOfMessages: 1,
          VisibilityTimeout: hiddenSeconds,
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['All'],
        }),
      );
      if (message === undefined) return undefined;
      const { MessageId: id = '', ReceiptHandle: receiptHandle = '' } = message;
      if (this.done.has(id)) {
        await this.delete(receiptHandle);
        continue;
      }
      const isNew = !this.kept.has(id);
      // The last receipt is the one that counts. It hides the message again, so this loop ends.
      this.kept.set(id, { receiptHandle, hiddenUntil: before + hiddenSeconds });
      if (isNew) return message;
    }
  }

  /** Removes a message that was handled. Where that fails it is still one that is kept, and given back. */
  async remove({ MessageId: id = '' }: Message): Promise<void> {
    this.done.add(id);
    await this.delete(this.kept.get(id)?.receiptHandle ?? '');
    this.kept.delete(id);
  }

  /** Shows what was not handled to the next one who receives, at once. */
  async giveBack(): Promise<void> {
    await this.hide([...this.kept.values()], 0);
  }

  private async hideAgain(): Promise<void> {
    const now = this.now();
    const due = [...this.kept].filter(([, { hiddenUntil }]) => hiddenUntil - now < callSeconds);
    await this.hide(
      due.map(([, kept]) => kept),
      hiddenSeconds,
    );
    for (const [id, { receiptHandle }] of due) this.kept.set(id, { receiptHandle, hiddenUntil: now + hiddenSeconds });
  }

  /** One that SQS refuses, after 12 hours for example, comes back by itself when its time is over, and is passed over. */
  private async hide(messages: readonly Kept[], seconds: number): Promise<void> {
    for (const part of chunks(messages, perCall))
      await this.sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.QueueUrl,
          Entries: part.map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: seconds,
          })),
        }),
      );
  }

  private async delete(receiptHandle: string): Promise<void> {
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.QueueUrl, ReceiptHandle: receiptHandle }));
  }
}
