import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { pointerName, type ImageKind, type PointerKind } from '../../../config/names';
import type { AccountCredentials } from '../../../lambda/common/assumed-role';
import type { Clients } from '../../../lambda/packer-ami-sharing/clients';
import { handlerWith, type Dependencies } from '../../../lambda/packer-ami-sharing/handler';
import type { Answers, MemoryAccount, MemoryCall } from './memory/call';
import { ec2Answers } from './memory/ec2';
import { newImage, type MemoryImage } from './memory/image';
import { launchAnswers, LaunchChain } from './memory/launch-chain';
import { otherAnswers } from './memory/other-services';
import { context, imageKeyArn, noWaits, opsAccount } from './support';

export type { MemoryCall } from './memory/call';
export type { MemoryImage } from './memory/image';

/** What differs from an invocation without waits, with Lambda's longest time. */
export interface InvocationOptions extends Partial<Omit<Dependencies, 'clients'>> {
  readonly secondsLeft?: () => number;
}

/** What is at an end: nothing of this invocation gets through any more. */
export class Crash extends Error {}

/**
 * AWS as the API references describe it, for many images and accounts at once, and for answers that no server gives on
 * demand: old ones, refused ones, and a crash after any call.
 */
export class MemoryAws {
  readonly images = new Map<string, MemoryImage>();
  readonly events: { readonly type: string; readonly detail: Record<string, unknown> }[] = [];
  /** Looked at before each call: what it throws or returns is the call's answer, unless it returns nothing. */
  before: (call: MemoryCall) => unknown = () => undefined;
  /** Whether the function ends after this call has had its effect. */
  crashesAfter: (call: MemoryCall) => boolean = () => false;
  readonly launch = new LaunchChain();
  /** Images in a page of an answer, at most. */
  largestPage = Infinity;
  private readonly accounts = new Map<string, MemoryAccount>();

  account(id: string): MemoryAccount {
    const account = this.accounts.get(id) ?? { parameters: new Map(), tags: new Map() };
    this.accounts.set(id, account);
    return account;
  }

  get accountIds(): readonly string[] {
    return [...this.accounts.keys()];
  }

  /** An image that a build made, each newer than those before it. */
  bake(kind: ImageKind): MemoryImage {
    const image = newImage(kind, this.images.size + 1, imageKeyArn);
    this.images.set(image.id, image);
    return image;
  }

  /** An image that was shared with these accounts, tagged there, and pointed at. */
  shared(kind: ImageKind, accountIds: readonly string[]): MemoryImage {
    const image = this.bake(kind);
    image.imdsV2 = true;
    for (const id of accountIds) {
      image.permissions.add(id);
      this.account(id).tags.set(image.id, new Map(image.tags));
      this.point(id, kind, 'latest', image);
    }
    return image;
  }

  point(accountId: string, kind: ImageKind, pointer: PointerKind, { id }: { readonly id: string }): void {
    this.account(accountId).parameters.set(pointerName(kind, pointer), id);
  }

  pointer(accountId: string, kind: ImageKind, pointer: PointerKind = 'latest'): string | undefined {
    return this.account(accountId).parameters.get(pointerName(kind, pointer));
  }

  deregister(image: MemoryImage): void {
    image.state = 'deregistered';
    image.permissions.clear();
  }

  /** Invokes the function once. Its crash is the error of the invocation. */
  async invoke(input: unknown, { secondsLeft = () => 900, ...dependencies }: InvocationOptions = {}): Promise<unknown> {
    let crash: (error: Crash) => void = () => undefined;
    const crashed = new Promise<never>((_, reject) => (crash = reject));
    let dead = false;
    const client = <T>({ prototype }: { readonly prototype: T }, account: string): T =>
      Object.assign(Object.create(prototype as object) as object, {
        config: {},
        destroy: () => undefined,
        send: async (command: {
          readonly constructor: { readonly name: string };
          readonly input: MemoryCall['input'];
        }) => {
          const call = { account, action: command.constructor.name.replace(/Command$/, ''), input: command.input };
          if (dead) return new Promise(() => undefined);
          const answer = (await this.before(call)) ?? this.answerTo(call);
          if (!this.crashesAfter(call)) return answer;
          dead = true;
          crash(new Crash(`the function ended after ${call.action}`));
          return new Promise(() => undefined);
        },
      }) as T;
    const clients: Clients = {
      codebuild: client(CodeBuildClient, opsAccount),
      ec2: client(EC2Client, opsAccount),
      events: client(EventBridgeClient, opsAccount),
      kms: client(KMSClient, opsAccount),
      ssm: client(SSMClient, opsAccount),
      sts: client(STSClient, opsAccount),
      inAccount: ({ accessKeyId }: AccountCredentials) => ({
        ec2: client(EC2Client, accessKeyId),
        iam: client(IAMClient, accessKeyId),
        ssm: client(SSMClient, accessKeyId),
      }),
    };
    const handler = handlerWith({ clients, waits: noWaits(), ...dependencies });
    const timed = { ...context, getRemainingTimeInMillis: () => secondsLeft() * 1000 };
    return Promise.race([handler(input, timed), crashed]);
  }

  /** What AWS answers to a call, which takes effect. */
  answerTo(call: MemoryCall): unknown {
    const answer = answers[call.action];
    if (answer === undefined) throw new Error(`${call.action} is not known here`);
    return answer(this, call);
  }
}

const answers: Answers = { ...ec2Answers, ...otherAnswers, ...launchAnswers };
