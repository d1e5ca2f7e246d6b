import { imageKinds } from '../../../../config/names';
import { awsWaits } from '../../../../lambda/packer-ami-sharing/waits';
import type { ReconcileResult } from '../../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import { standardPages } from '../../../../lambda/packer-ami-sharing/run';
import { MemoryAws, type MemoryCall } from '../memory-aws';
import { ec2Error } from '../support';
import { Clock } from './clock';

/**
 * Requests that an account may make at once, and how many more in each second (Amazon EC2 Developer Guide, "Request
 * throttling": non-mutating and mutating actions; AWS General Reference, quotas of Systems Manager, STS, IAM, CodeBuild
 * and KMS). Each action is counted by itself.
 */
const rates: Readonly<Record<string, readonly [atOnce: number, perSecond: number]>> = {
  DescribeImages: [100, 20],
  DescribeImageAttribute: [100, 20],
  DescribeSnapshots: [100, 20],
  GetAllowedImagesSettings: [100, 20],
  ModifyImageAttribute: [50, 5],
  EnableImageDeprecation: [50, 5],
  CreateTags: [100, 10],
  GetParameters: [40, 40],
  PutParameter: [3, 3],
  AssumeRole: [600, 600],
  GetRole: [20, 20],
  BatchGetBuilds: [10, 10],
};

/** From the call to its answer, in seconds. */
const latency = 0.08;

/** How often the SDK tries: `bounded` of `clients.ts`. */
const attempts = 5;

export interface TimedRun {
  readonly seconds: number;
  readonly result: ReconcileResult;
}

/** AWS in memory with its documented request rates, on a clock of its own: an hour takes seconds. */
export class ThrottledAws extends MemoryAws {
  readonly clock = new Clock();
  calls = 0;
  throttled = 0;
  private readonly buckets = new Map<string, { tokens: number; at: number }>();
  private state = 1;

  /**
   * @param accountIds accounts that have every image; others have none
   */
  constructor(images: number, accountIds: readonly string[]) {
    super();
    for (let n = 0; n < images; n += 1) this.shared(imageKinds[n % imageKinds.length]!, accountIds);
    this.before = (call) => this.wait(call);
  }

  /** Runs the function once, with so much time. It is not ended after that: the caller looks at the seconds. */
  async timed(input: unknown, limit = 900, pages = standardPages): Promise<TimedRun> {
    const started = this.clock.now;
    const sleep = (seconds: number) => this.clock.sleep(seconds);
    const secondsLeft = () => limit - (this.clock.now - started);
    const result = await this.clock.run(this.invoke(input, { waits: { ...awsWaits, sleep }, secondsLeft, pages }));
    return { seconds: this.clock.now - started, result: result as ReconcileResult };
  }

  private async wait({ account, action }: MemoryCall): Promise<undefined> {
    for (let attempt = 1; ; attempt += 1) {
      await this.clock.sleep(latency);
      this.calls += 1;
      if (this.isTaken(account, action)) return undefined;
      this.throttled += 1;
      if (attempt === attempts) throw ec2Error('RequestLimitExceeded');
      // The SDK's pause after throttling (@smithy/core/retry): at random, up to 500 ms, doubled each time, 20 s at most.
      await this.clock.sleep(this.random() * Math.min(20, 0.5 * 2 ** attempt));
    }
  }

  private isTaken(account: string, action: string): boolean {
    const [atOnce, perSecond] = rates[action] ?? [100, 100];
    const key = `${account} ${action}`;
    const { tokens, at } = this.buckets.get(key) ?? { tokens: atOnce, at: this.clock.now };
    const there = Math.min(atOnce, tokens + (this.clock.now - at) * perSecond);
    this.buckets.set(key, { tokens: there < 1 ? there : there - 1, at: this.clock.now });
    return there >= 1;
  }

  /** A linear congruential generator (Numerical Recipes): the same run takes the same time. */
  private random(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 2 ** 32;
  }
}
