import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { EC2Client, type DescribeImagesCommandInput, type Image, type LaunchPermission } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { launchGrantOperations } from '../../../config/image-key';
import { pointerName, type ImageKind, type PointerKind } from '../../../config/names';
import type { AccountCredentials, Clients } from '../../../lambda/packer-ami-sharing/clients';
import { handlerWith, type Dependencies } from '../../../lambda/packer-ami-sharing/handler';
import { context, ec2Error, goodImage, imageKeyArn, noWaits, opsAccount } from './support';

/** A call to AWS: whose credentials it is made with, the action as the SDK calls it, and its input. */
export interface MemoryCall {
  readonly account: string;
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An image as its owner sees it, and what else the test decides. */
export interface MemoryImage {
  readonly id: string;
  readonly kind: ImageKind;
  readonly name: string;
  readonly created: Date;
  readonly buildId: string;
  readonly tags: Map<string, string>;
  /** Whether its instances require IMDSv2 (`ImdsSupport`); a build does not set that. */
  imdsV2: boolean;
  /** Account ids, `all`, or ARNs of organizations. */
  readonly permissions: Set<string>;
  state: 'available' | 'disabled' | 'deregistered';
  deprecation?: string;
  /** Whether the build that made it succeeded. */
  built: boolean;
}

/** What differs from an invocation without waits, with Lambda's longest time. */
export interface InvocationOptions extends Partial<Omit<Dependencies, 'clients'>> {
  readonly secondsLeft?: () => number;
}

/** What is at an end: nothing of this invocation gets through any more. */
export class Crash extends Error {}

interface Account {
  readonly parameters: Map<string, string>;
  /** Tags of images as this account sees them. */
  readonly tags: Map<string, Map<string, string>>;
}

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
  private readonly accounts = new Map<string, Account>();

  account(id: string): Account {
    const account = this.accounts.get(id) ?? { parameters: new Map(), tags: new Map() };
    this.accounts.set(id, account);
    return account;
  }

  /** An image that a build made, each newer than those before it. */
  bake(kind: ImageKind): MemoryImage {
    const serial = String(this.images.size + 1).padStart(3, '0');
    const id = `ami-${serial.padStart(17, '0')}`;
    const tags = (goodImage().Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value] as const);
    const image: MemoryImage = {
      id,
      kind,
      name: `boundless-${kind}-1.2.3-20260901161${serial}`,
      created: new Date(Date.parse('2026-09-01T16:10:00.000Z') + this.images.size * 60_000),
      buildId: `packer-build-project:${serial}`,
      tags: new Map([...tags, ['Image', kind], ['BuildId', `packer-build-project:${serial}`]]),
      permissions: new Set(),
      imdsV2: false,
      state: 'available',
      built: true,
    };
    this.images.set(id, image);
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

  private sees(account: string, { state, permissions }: MemoryImage): boolean {
    if (state === 'deregistered') return false;
    if (account === opsAccount) return true;
    return state === 'available' && (permissions.has(account) || permissions.has('all'));
  }

  private seen(account: string, image: MemoryImage): Image {
    const tags = account === opsAccount ? image.tags : (this.account(account).tags.get(image.id) ?? new Map());
    const { ImdsSupport, ...good } = goodImage();
    return {
      ...good,
      ...(image.imdsV2 && ImdsSupport !== undefined && { ImdsSupport }),
      ImageId: image.id,
      Name: image.name,
      State: image.state === 'deregistered' ? 'available' : image.state,
      CreationDate: image.created.toISOString(),
      Public: image.permissions.has('all'),
      ...(image.deprecation !== undefined && { DeprecationTime: image.deprecation }),
      Tags: [...tags].map(([Key, Value]: [string, string]) => ({ Key, Value })),
    };
  }

  private describe(account: string, { ImageIds, Filters = [], IncludeDisabled }: DescribeImagesCommandInput) {
    const named = Filters.find(({ Name }) => Name === 'image-id')?.Values;
    const asked = named?.flatMap((id) => this.images.get(id) ?? []) ?? [...this.images.values()];
    const visible = asked.filter((image) => this.sees(account, image));
    if (ImageIds !== undefined) {
      const found = visible.filter(({ id }) => ImageIds.includes(id));
      if (found.length < ImageIds.length) throw ec2Error('InvalidAMIID.NotFound');
      const shown = found.filter(({ state }) => state === 'available' || IncludeDisabled === true);
      return { Images: shown.map((image) => this.seen(account, image)) };
    }
    const value = (image: Image, name: string): string | undefined => {
      if (name.startsWith('tag:')) return image.Tags?.find(({ Key }) => Key === name.slice(4))?.Value;
      return { 'image-id': image.ImageId, state: image.State, 'is-public': String(image.Public) }[name];
    };
    const all = visible.map((image) => this.seen(account, image));
    return {
      Images: all.filter((image) =>
        Filters.every(({ Name = '', Values = [] }) =>
          Name === 'name'
            ? Values.some((pattern) => image.Name?.startsWith(pattern.replace(/\*$/, '')))
            : Values.includes(value(image, Name) ?? ''),
        ),
      ),
    };
  }

  private owned(imageId: unknown): MemoryImage {
    const image = this.images.get(String(imageId));
    if (image === undefined || image.state === 'deregistered') throw ec2Error('InvalidAMIID.Unavailable');
    return image;
  }

  /** What AWS answers to a call, which takes effect. */
  answerTo({ account, action, input }: MemoryCall): unknown {
    const { parameters, tags } = this.account(account);
    const name = String(input['Name']);
    switch (action) {
      case 'DescribeImages':
        return this.describe(account, input);
      case 'DescribeSnapshots':
        return { Snapshots: [{ SnapshotId: 'snap-1', Encrypted: true, KmsKeyId: imageKeyArn }] };
      case 'DescribeImageAttribute': {
        const entry = (permission: string): LaunchPermission =>
          permission === 'all' ? { Group: 'all' } : { UserId: permission };
        return { LaunchPermissions: [...this.owned(input['ImageId']).permissions].map(entry) };
      }
      case 'ModifyImageAttribute': {
        const image = this.owned(input['ImageId']);
        const { permissions } = image;
        // One attribute in a call (EC2 API Reference, "ModifyImageAttribute").
        if (input['ImdsSupport'] !== undefined) {
          image.imdsV2 = true;
          return {};
        }
        const { Add = [], Remove = [] } = input['LaunchPermission'] as Record<string, LaunchPermission[] | undefined>;
        for (const { UserId, Group } of Add) permissions.add(UserId ?? Group ?? '');
        for (const { UserId, Group } of Remove) permissions.delete(UserId ?? Group ?? '');
        return {};
      }
      case 'CreateTags': {
        const [id = ''] = input['Resources'] as string[];
        const image = this.images.get(id);
        if (image === undefined || !this.sees(account, image)) throw ec2Error('InvalidAMIID.NotFound');
        const there = account === opsAccount ? image.tags : (tags.get(id) ?? new Map<string, string>());
        if (account !== opsAccount) tags.set(id, there);
        for (const { Key, Value } of input['Tags'] as { Key: string; Value: string }[]) there.set(Key, Value);
        return {};
      }
      case 'EnableImageDeprecation':
        this.owned(input['ImageId']).deprecation = (input['DeprecateAt'] as Date).toISOString();
        return {};
      case 'GetParameters':
        return {
          Parameters: (input['Names'] as string[]).flatMap((Name) =>
            parameters.has(Name) ? [{ Name, Value: parameters.get(Name) }] : [],
          ),
        };
      case 'PutParameter': {
        const value = String(input['Value']);
        // Parameter Store checks an image after its answer, and drops one that the caller can't see.
        const image = this.images.get(value);
        const isImage = input['DataType'] === 'aws:ec2:image';
        if (!isImage || (image !== undefined && this.sees(account, image))) parameters.set(name, value);
        return {};
      }
      case 'DeleteParameter':
        if (!parameters.delete(name)) throw new ParameterNotFound({ message: name, $metadata: {} });
        return {};
      case 'AssumeRole':
        return {
          Credentials: { AccessKeyId: String(input['RoleArn']).split(':')[4], SecretAccessKey: 's', SessionToken: 't' },
        };
      case 'PutEvents': {
        const [entry] = input['Entries'] as { DetailType: string; Detail: string }[];
        this.events.push({ type: entry!.DetailType, detail: JSON.parse(entry!.Detail) as Record<string, unknown> });
        return { Entries: [{ EventId: '1' }] };
      }
      case 'BatchGetBuilds':
        return {
          builds: [...this.images.values()]
            .filter(({ buildId }) => (input['ids'] as string[]).includes(buildId))
            .map(({ id, buildId, built }) => ({
              id: buildId,
              buildStatus: built ? 'SUCCEEDED' : 'FAILED',
              exportedEnvironmentVariables: [{ name: 'AMI_ID', value: id }],
            })),
        };
      default:
        return this.launchChain(action);
    }
  }

  /** All links of it hold. */
  private launchChain(action: string): unknown {
    const Statement = [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }];
    const autoScaling = 'role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
    const answers: Readonly<Record<string, unknown>> = {
      GetAllowedImagesSettings: { State: 'disabled' },
      GetRole: {},
      GetKeyPolicy: { Policy: JSON.stringify({ Statement }) },
      DescribeKey: { KeyMetadata: { KeyState: 'Enabled', Enabled: true } },
      ListGrants: {
        Grants: [...this.accounts.keys()].map((id) => ({
          GranteePrincipal: `arn:aws:iam::${id}:${autoScaling}`,
          Operations: launchGrantOperations,
        })),
      },
    };
    const answer = answers[action];
    if (answer === undefined) throw new Error(`${action} is not known here`);
    return answer;
  }
}
