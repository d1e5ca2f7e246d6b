import { setTimeout as sleep } from 'node:timers/promises';
import { CodeBuildClient, CreateProjectCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import {
  CreateImageCommand,
  CreateTagsCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  EC2Client,
  RunInstancesCommand,
  type Image,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateServiceLinkedRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateGrantCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateQueueCommand, PurgeQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { launchGrantOperations } from '../../../config/image-key';
import { pointerPath, type ImageKind } from '../../../config/names';
import { awsClients, type Clients } from '../../../lambda/packer-ami-sharing/clients';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../tools/local-aws';
import { stackOf, synthesize } from '../../support/synthesized';
import { inputsHash, opsAccount, region } from './support';

/** Ubuntu, as `tools/local-aws/images.json` has it. */
export const baseImage = 'ami-0a1b2c3d4e5f60001';

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

/** A factory's ops account on the local AWS, as far as sharing needs it. */
export class LocalFactory {
  private builds = 0;

  private constructor(
    readonly aws: LocalAws,
    readonly ops: LocalClientSettings,
    readonly imageKeyArn: string,
    private readonly eventsQueue: string,
  ) {}

  static async start(): Promise<LocalFactory> {
    const aws = await startLocalAws(region);
    const ops = await aws.clientSettings(opsAccount);
    const keys = Object.entries(stackOf(synthesize(), 'ops').resource['aws_kms_key'] ?? {});
    const Policy = String(keys.find(([id]) => id.startsWith('ImageKey'))?.[1]['policy']);
    const { KeyMetadata } = await new KMSClient(ops).send(new CreateKeyCommand({ Policy }));
    const { QueueUrl = '' } = await new SQSClient(ops).send(new CreateQueueCommand({ QueueName: 'outcomes' }));
    const events = new EventBridgeClient(ops);
    const EventPattern = JSON.stringify({ source: ['boundless.ami'] });
    await events.send(new PutRuleCommand({ Name: 'outcomes', EventPattern }));
    const Arn = `arn:aws:sqs:${region}:${opsAccount}:outcomes`;
    await events.send(new PutTargetsCommand({ Rule: 'outcomes', Targets: [{ Id: 'queue', Arn }] }));
    await new CodeBuildClient(ops).send(
      new CreateProjectCommand({
        name: 'packer-build-project',
        source: { type: 'GITHUB', location: 'https://github.com/boundless-xyz/ami-factory.git' },
        artifacts: { type: 'NO_ARTIFACTS' },
        environment: {
          type: 'LINUX_CONTAINER',
          image: 'aws/codebuild/standard:7.0',
          computeType: 'BUILD_GENERAL1_SMALL',
        },
        serviceRole: `arn:aws:iam::${opsAccount}:role/packer-build-role`,
      }),
    );
    return new LocalFactory(aws, ops, KeyMetadata!.Arn!, QueueUrl);
  }

  get ec2(): EC2Client {
    return new EC2Client(this.ops);
  }

  /** The function's own clients, in the ops account. */
  clients(endpoint: string = this.aws.endpoint, config: Parameters<typeof awsClients>[0] = {}): Clients {
    return awsClients({ ...this.ops, endpoint, ...config });
  }

  /** What a build does: a machine with an encrypted disk, and an image of it. */
  async build(kind: ImageKind, { keyArn = this.imageKeyArn, encrypted = true, tags = {} }: BuildOptions = {}) {
    const Ebs = { VolumeSize: 8, Encrypted: encrypted, ...(encrypted && { KmsKeyId: keyArn }) };
    const { Instances } = await this.ec2.send(
      new RunInstancesCommand({
        ImageId: baseImage,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs }],
      }),
    );
    const all = {
      ManagedBy: 'packer',
      Project: 'boundless-ami-factory',
      Image: kind,
      Version: '1.2.3',
      InputsHash: inputsHash,
      ...tags,
    };
    const { ImageId = '' } = await this.ec2.send(
      new CreateImageCommand({
        InstanceId: Instances![0]!.InstanceId,
        Name: `boundless-${kind}-1.2.${this.builds++}-20260901161428`,
        TagSpecifications: [
          { ResourceType: 'image', Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) },
        ],
      }),
    );
    return ImageId;
  }

  /** Leaves the record of a build that made the image. */
  async record(imageId: string): Promise<void> {
    const { build } = await new CodeBuildClient(this.ops).send(
      new StartBuildCommand({
        projectName: 'packer-build-project',
        environmentVariablesOverride: [{ name: 'AMI_ID', value: imageId }],
      }),
    );
    await this.tag(imageId, { BuildId: build!.id! });
  }

  async tag(imageId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.ec2.send(new CreateTagsCommand({ Resources: [imageId], Tags }));
  }

  /** What the account stack and `make bootstrap` leave in a service account, for Auto Scaling to start instances. */
  async prepareLaunch(accountId: string): Promise<void> {
    const settings = await this.aws.clientSettings(accountId);
    const AWSServiceName = 'autoscaling.amazonaws.com';
    await new IAMClient(settings).send(new CreateServiceLinkedRoleCommand({ AWSServiceName }));
    const GranteePrincipal = `arn:aws:iam::${accountId}:role/aws-service-role/${AWSServiceName}/AWSServiceRoleForAutoScaling`;
    await new KMSClient(settings).send(
      new CreateGrantCommand({ KeyId: this.imageKeyArn, GranteePrincipal, Operations: [...launchGrantOperations] }),
    );
  }

  /**
   * Images of a kind in the order of their age, each newer than all that were built before. The local server dates
   * images in whole seconds, and within one second ids decide: so this waits for a second of its own.
   */
  async buildInOrder(kind: ImageKind, count: number): Promise<string[]> {
    await sleep(1000 - (Date.now() % 1000));
    const images: Image[] = [];
    for (let build = 0; build < count; build += 1) images.push(await this.image(await this.build(kind)));
    const order = ({ CreationDate = '', ImageId = '' }: Image) => `${CreationDate} ${ImageId}`;
    return images.sort((one, other) => (order(one) < order(other) ? -1 : 1)).map(({ ImageId = '' }) => ImageId);
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
    const settings = await this.aws.clientSettings(accountId);
    const { Parameters = [] } = await new SSMClient(settings).send(
      new GetParametersByPathCommand({ Path: pointerPath, Recursive: true }),
    );
    const { Images: [image] = [] } = await new EC2Client(settings).send(
      new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }] }),
    );
    return {
      pointers: Object.fromEntries(
        Parameters.map(({ Name = '', Value = '' }) => [Name.slice(pointerPath.length + 1), Value]),
      ),
      tags: image && Object.fromEntries((image.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    };
  }

  /** What the function told the event bus since the last call. */
  async announced(): Promise<{ readonly type: string; readonly detail: Record<string, unknown> }[]> {
    const sqs = new SQSClient(this.ops);
    const said = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.eventsQueue, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) break;
      said.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as Record<string, unknown>));
    }
    await sqs.send(new PurgeQueueCommand({ QueueUrl: this.eventsQueue }));
    return said.map((event) => ({
      type: String(event['detail-type']),
      detail: event['detail'] as Record<string, unknown>,
    }));
  }

  /** Removes every image, and every pointer of the accounts. */
  async clear(accountIds: readonly string[]): Promise<void> {
    const { Images = [] } = await this.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    for (const { ImageId = '' } of Images) await this.remove(ImageId);
    for (const accountId of accountIds) {
      const ssm = new SSMClient(await this.aws.clientSettings(accountId));
      const { pointers } = await this.view(accountId, baseImage);
      for (const name of Object.keys(pointers))
        await ssm.send(new DeleteParameterCommand({ Name: `${pointerPath}/${name}` }));
    }
    await this.announced();
  }

  stop(): Promise<void> {
    return this.aws.stop();
  }
}
