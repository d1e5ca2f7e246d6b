import {
  CreateTagsCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import {
  DeleteParameterCommand,
  GetParametersByPathCommand,
  SSMClient,
  type SSMClientConfig,
} from '@aws-sdk/client-ssm';
import { pointerPath, type ImageKind } from '../../../config/names';
import type { awsClients, Clients } from '../../../lambda/packer-ami-sharing/clients';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import { standardPages, type Pages } from '../../../lambda/packer-ami-sharing/run';
import type { Call, Decide } from '../../../lab/local-aws/fault-proxy';
import type { AnyClient } from '../../support/in-process';
import { recordAnswers, type Recorded } from '../../support/recorded-answers';
import { stackOf, synthesize } from '../../support/synthesized';
import { context, noWaits, opsAccount } from './support';

/** The base image, of another owner and public: Ubuntu, as `lab/local-aws/images.json` has it. */
export const baseImage = 'ami-0a1b2c3d4e5f60001';
export const baseImageOwner = '099720109477';

/** What a build may do otherwise than it should. */
export interface BuildOptions {
  readonly keyArn?: string;
  readonly encrypted?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What a service account has, asked with its own credentials. */
export interface AccountView {
  /** By the end of their names, for example `manager/latest`. */
  readonly pointers: Readonly<Record<string, string>>;
  /** Tags of the image as the account sees it; undefined where it does not see the image. */
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/** The function's clients, and the calls that they made. */
export interface WatchedClients {
  readonly clients: Clients;
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

/** What goes wrong with the function's calls, and what differs from its usual settings. */
export interface InvokeOptions {
  readonly decide?: Decide;
  readonly config?: ClientConfig;
  readonly pages?: Pages;
}

/** How an invocation ended, and the calls that it made. */
export interface Invoked {
  readonly result: unknown;
  readonly error: Error | undefined;
  readonly calls: readonly Call[];
}

export type ClientConfig = NonNullable<Parameters<typeof awsClients>[0]>;

/** A class of clients, of whatever service: they all take these settings. */
export type ClientClass<T> = new (
  config: Pick<SSMClientConfig, 'credentials' | 'endpoint' | 'maxAttempts' | 'region' | 'requestHandler'>,
) => T;

/** An event that the function sent. */
export interface Announced {
  readonly type: string;
  readonly detail: Record<string, unknown>;
}

/** The policy of the image key, as the ops stack has it. */
export function imageKeyPolicy(): string {
  const keys = Object.entries(stackOf(synthesize(), 'ops').resource['aws_kms_key'] ?? {});
  return String(keys.find(([id]) => id.startsWith('ImageKey'))?.[1]['policy']);
}

/** A factory's ops account and its service accounts, as far as sharing needs them: on the local AWS, or in memory. */
export abstract class Factory {
  abstract readonly imageKeyArn: string;

  /** What the function's calls were answered, in all invocations. */
  readonly answers: Recorded[] = [];
  private readonly clients = new Map<string, object>();

  /** A client that acts in an account; by default in the ops account. */
  client<T extends object>(Client: ClientClass<T>, account = opsAccount): T {
    const key = `${Client.name} ${account}`;
    const client = this.clients.get(key) ?? this.clientOf(Client, account);
    this.clients.set(key, client);
    return client as T;
  }

  protected abstract clientOf<T extends object>(Client: ClientClass<T>, account: string): T;
  /** The function's own clients, some of whose calls go wrong. */
  abstract watched(decide?: Decide, config?: ClientConfig): Promise<WatchedClients>;
  /** ARN of a KMS key that is not the image key. */
  abstract anotherKey(): Promise<string>;
  /** What a build does: an instance with an encrypted disk, and an image of it. */
  abstract build(kind: ImageKind, options?: BuildOptions): Promise<string>;
  /** Leaves the record of a build that made the image. */
  abstract record(imageId: string): Promise<void>;
  /** What the account stack and `make bootstrap` leave in a service account, for Auto Scaling to start instances. */
  abstract prepareLaunch(accountId: string): Promise<void>;
  /** The events that the function sent since the last call. */
  abstract announced(): Promise<Announced[]>;
  abstract stop(): Promise<void>;

  get ec2(): EC2Client {
    return this.client(EC2Client);
  }

  /** Invokes the function once, without waits. */
  async invoke(input: unknown, { decide, config, pages = standardPages }: InvokeOptions = {}): Promise<Invoked> {
    const watched = await this.watched(decide, config);
    const { calls } = watched;
    try {
      const recorded = this.recorded(watched.clients);
      const result = await handlerWith({ clients: recorded, waits: noWaits(), pages })(input, context);
      return { result, error: undefined, calls };
    } catch (error) {
      return { result: undefined, error: error as Error, calls };
    } finally {
      await watched.close();
    }
  }

  /** The same clients, what they are answered is noted. */
  private recorded({ inAccount, ...clients }: Clients): Clients {
    const record = (some: object) => {
      for (const client of Object.values(some) as AnyClient[]) recordAnswers(client, this.answers);
    };
    record(clients);
    return {
      ...clients,
      inAccount: (credentials) => {
        const own = inAccount(credentials);
        record(own);
        return own;
      },
    };
  }

  async tag(imageId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.ec2.send(new CreateTagsCommand({ Resources: [imageId], Tags }));
  }

  /** Images of a kind, each newer than all that were built before. */
  async buildInOrder(kind: ImageKind, count: number): Promise<string[]> {
    const images: string[] = [];
    for (let build = 0; build < count; build += 1) images.push(await this.build(kind));
    return images;
  }

  async image(imageId: string): Promise<Image> {
    const { Images } = await this.ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    return Images![0]!;
  }

  async remove(imageId: string): Promise<void> {
    await this.ec2.send(new DeregisterImageCommand({ ImageId: imageId }));
  }

  /** Account ids and groups, in order. */
  async launchPermissions(imageId: string): Promise<string[]> {
    const { LaunchPermissions = [] } = await this.ec2.send(
      new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
    );
    return LaunchPermissions.map(
      ({ UserId, Group, OrganizationArn }) => UserId ?? Group ?? OrganizationArn ?? '',
    ).sort();
  }

  async view(accountId: string, imageId: string): Promise<AccountView> {
    const { Parameters = [] } = await this.client(SSMClient, accountId).send(
      new GetParametersByPathCommand({ Path: pointerPath, Recursive: true }),
    );
    const { Images: [image] = [] } = await this.client(EC2Client, accountId).send(
      new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }] }),
    );
    return {
      pointers: Object.fromEntries(
        Parameters.map(({ Name = '', Value = '' }) => [Name.slice(pointerPath.length + 1), Value]),
      ),
      tags: image && Object.fromEntries((image.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    };
  }

  /** Removes every image, and every pointer of the accounts. */
  async clear(accountIds: readonly string[]): Promise<void> {
    const { Images = [] } = await this.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    for (const { ImageId = '' } of Images) await this.remove(ImageId);
    for (const accountId of accountIds) {
      const ssm = this.client(SSMClient, accountId);
      const { pointers } = await this.view(accountId, baseImage);
      for (const name of Object.keys(pointers))
        await ssm.send(new DeleteParameterCommand({ Name: `${pointerPath}/${name}` }));
    }
    await this.announced();
  }
}
