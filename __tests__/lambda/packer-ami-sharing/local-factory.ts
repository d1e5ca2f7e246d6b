import { CodeBuildClient, CreateProjectCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { CreateImageCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateServiceLinkedRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateGrantCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateQueueCommand, PurgeQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { launchGrantOperations } from '../../../config/image-key';
import type { ImageKind } from '../../../config/names';
import { awsClients } from '../../../lambda/packer-ami-sharing/clients';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../lab/local-aws';
import { startFaultProxy, type Decide } from '../../../lab/local-aws/fault-proxy';
import {
  baseImage,
  Factory,
  imageKeyPolicy,
  type Announced,
  type BuildOptions,
  type ClientClass,
  type ClientConfig,
} from './factory';
import { inputsHash, opsAccount, region } from './support';

/** A factory's accounts on the local AWS. */
export class LocalFactory extends Factory {
  private builds = 0;

  private constructor(
    readonly aws: LocalAws,
    readonly ops: LocalClientSettings,
    readonly imageKeyArn: string,
    private readonly eventsQueue: string,
  ) {
    super();
  }

  static async start(): Promise<LocalFactory> {
    const aws = await startLocalAws(region);
    const ops = await aws.clientSettings(opsAccount);
    const Policy = imageKeyPolicy();
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

  protected clientOf<T extends object>(Client: ClientClass<T>, account: string): T {
    const credentials = async () => (await this.aws.clientSettings(account)).credentials;
    return new Client({ region, endpoint: this.aws.endpoint, credentials });
  }

  async watched(decide?: Decide, config: ClientConfig = {}) {
    const proxy = await startFaultProxy(this.aws.endpoint, decide);
    const clients = awsClients({ ...this.ops, endpoint: proxy.endpoint, ...config });
    return { clients, calls: proxy.calls, close: () => proxy.close() };
  }

  async anotherKey(): Promise<string> {
    const { KeyMetadata } = await this.client(KMSClient).send(new CreateKeyCommand({}));
    return KeyMetadata!.Arn!;
  }

  async build(kind: ImageKind, { keyArn = this.imageKeyArn, encrypted = true, tags = {} }: BuildOptions = {}) {
    const Ebs = { VolumeSize: 8, Encrypted: encrypted, ...(encrypted && { KmsKeyId: keyArn }) };
    const { Instances } = await this.client(EC2Client).send(
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
    const { ImageId = '' } = await this.client(EC2Client).send(
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

  async record(imageId: string): Promise<void> {
    const { build } = await this.client(CodeBuildClient).send(
      new StartBuildCommand({
        projectName: 'packer-build-project',
        environmentVariablesOverride: [{ name: 'AMI_ID', value: imageId }],
      }),
    );
    await this.tag(imageId, { BuildId: build!.id! });
  }

  async prepareLaunch(accountId: string): Promise<void> {
    const AWSServiceName = 'autoscaling.amazonaws.com';
    await this.client(IAMClient, accountId).send(new CreateServiceLinkedRoleCommand({ AWSServiceName }));
    const GranteePrincipal = `arn:aws:iam::${accountId}:role/aws-service-role/${AWSServiceName}/AWSServiceRoleForAutoScaling`;
    await this.client(KMSClient, accountId).send(
      new CreateGrantCommand({ KeyId: this.imageKeyArn, GranteePrincipal, Operations: [...launchGrantOperations] }),
    );
  }

  async announced(): Promise<Announced[]> {
    const sqs = this.client(SQSClient);
    const bodies = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.eventsQueue, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) break;
      bodies.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as Record<string, unknown>));
    }
    await sqs.send(new PurgeQueueCommand({ QueueUrl: this.eventsQueue }));
    return bodies.map((event) => ({
      type: String(event['detail-type']),
      detail: event['detail'] as Record<string, unknown>,
    }));
  }

  stop(): Promise<void> {
    return this.aws.stop();
  }
}
