import type { Context } from 'aws-lambda';
import type { Image } from '@aws-sdk/client-ec2';
import { awsClients, type AccountClients, type Clients } from '../../../../lambda/packer-ami-cleanup/clients';
import { handlerWith } from '../../../../lambda/packer-ami-cleanup/handler';
import type { Report } from '../../../../lambda/packer-ami-cleanup/report/report';
import type { Call, Decide } from '../../../../lab/local-aws/fault-proxy';
import { InProcess, type AnyClient } from '../../../support/in-process';
import { answers } from './answers';
import { MemoryAccount } from './world';

export const opsAccount = '111111111111';
export const serviceAccounts = ['222222222222', '333333333333'] as const;
/** One time for all: EC2's deprecation takes the real one. */
export const now = Date.now();
export const day = 24 * 3600 * 1000;

export const policy = {
  keepNewest: 5,
  minimumAgeDays: 30,
  lastLaunchedDays: 30,
  supersededDays: 14,
  deprecatedDays: 30,
  disabledDays: 30,
  changesPerRun: 50,
  templateVersions: 3,
  leftoverHours: 24,
  snapshotUsdPerGiBMonth: 0.05,
};

export const environment = (accountIds: readonly string[] = serviceAccounts) => ({
  OPS_ACCOUNT_ID: opsAccount,
  SERVICE_ACCOUNT_IDS: accountIds.join(','),
  REPORT_BUCKET: 'reports',
  RETIREMENT: JSON.stringify(policy),
  AWS_REGION: 'us-west-2',
});

export interface InvokeOptions {
  readonly decide?: Decide;
  readonly secondsLeft?: () => number;
  readonly now?: number;
  readonly maxAttempts?: number;
}

export interface Ended {
  readonly result?: unknown;
  readonly error?: Error;
  readonly calls: readonly Call[];
}

/** The accounts of a factory in memory, for real clients of the SDK. */
export class MemoryCloud {
  readonly accounts = new Map<string, MemoryAccount>();
  readonly reports = new Map<string, unknown>();
  readonly events: { readonly type: string; readonly detail: Record<string, unknown> }[] = [];
  /** Entries in a page of an answer, at most. */
  largestPage = Infinity;
  /** Answers instead of AWS, where it returns something. */
  instead: (action: string, account: string) => unknown = () => undefined;

  account(id: string): MemoryAccount {
    const account = this.accounts.get(id) ?? new MemoryAccount();
    this.accounts.set(id, account);
    return account;
  }

  get ops(): MemoryAccount {
    return this.account(opsAccount);
  }

  /** An image of the factory with a snapshot of its own, so many days old. */
  image(id: string, days: number, changes: Partial<Image> = {}, tags: Readonly<Record<string, string>> = {}): Image {
    const all = {
      Project: 'boundless-ami-factory',
      ManagedBy: 'packer',
      Image: 'manager',
      Environment: 'ops',
      Version: 'v1.2.2',
      InputsHash: 'a'.repeat(64),
      BuildId: 'packer-build-project:1',
      ...tags,
    };
    const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
    const SnapshotId = `snap-${id.slice(4)}`;
    this.ops.snapshots.push({ SnapshotId, StartTime: new Date(now - days * day), VolumeSize: 64, Tags });
    const image: Image = {
      ImageId: id,
      Name: `boundless-manager-v1.2.2-${id}`,
      State: 'available',
      CreationDate: new Date(now - days * day).toISOString(),
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { SnapshotId, VolumeSize: 64 } },
        { DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' },
      ],
      Tags,
      ...changes,
    };
    this.ops.images.push(image);
    return image;
  }

  /** The image with that id; undefined where it was deregistered. */
  find(id: string): Image | undefined {
    return this.ops.images.find(({ ImageId }) => ImageId === id);
  }

  /** The last report of a real run. */
  get report(): Report {
    return this.reports.get('run/latest.json') as Report;
  }

  async invoke(input: unknown, options: InvokeOptions = {}): Promise<Ended> {
    const inProcess = new InProcess(({ accessKeyId, action, input: asked }) => {
      const answer = this.instead(action, accessKeyId);
      if (answer !== undefined) return answer;
      const known = answers[action];
      if (known === undefined) throw new Error(`${action} is not known here`);
      return known({ cloud: this, account: this.account(accessKeyId), input: asked });
    }, options.decide);
    const handler = handlerWith({
      clients: clientsOf(inProcess, options.maxAttempts ?? 3),
      waits: { change: [0, 0], retry: [0, 0], sleep: () => Promise.resolve() },
      now: () => options.now ?? now,
    });
    const { secondsLeft = () => 900 } = options;
    const context = {
      awsRequestId: 'b0a7b0a7-0000-4000-8000-000000000000',
      getRemainingTimeInMillis: () => secondsLeft() * 1000,
    } as Context;
    const { calls } = inProcess;
    try {
      return { result: await handler(input, context), calls };
    } catch (error) {
      return { error: error as Error, calls };
    }
  }
}

function clientsOf(inProcess: InProcess, maxAttempts: number): Clients {
  const { inAccount, ...own } = awsClients({
    region: 'us-west-2',
    credentials: { accessKeyId: opsAccount, secretAccessKey: 'secret' },
    requestHandler: inProcess.requestHandler,
    maxAttempts,
  });
  const answered = <T extends object>(clients: T): T => {
    for (const client of Object.values(clients) as AnyClient[]) inProcess.answer(client);
    return clients;
  };
  return { ...answered(own), inAccount: (credentials): AccountClients => answered(inAccount(credentials)) };
}
