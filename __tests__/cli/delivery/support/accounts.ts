import { EC2Client, ModifyImageAttributeCommand, CreateTagsCommand, type Image } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { factory } from '../../../../config';
import { pointerName, type ImageKind, type PointerKind } from '../../../../config/names';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../../lab/local-aws';
import { makeImage } from '../../../../lab/rehearse/made-image';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';

export const opsAccountId = factory.ops.accountId;
export const [staging, production] = factory.environments as [
  (typeof factory.environments)[number],
  (typeof factory.environments)[number],
];

/** Three accounts on a local AWS, with images that ops has shared. */
export interface Accounts {
  readonly aws: LocalAws;
  readonly ops: LocalClientSettings;
  readonly staging: LocalClientSettings;
  readonly production: LocalClientSettings;
  /** Makes an image in ops, as a build and sharing leave it. */
  share(kind: ImageKind, version: string, changes?: { name?: string; tags?: Record<string, string> }): Promise<string>;
  point(environment: 'staging' | 'production', kind: ImageKind, pointer: PointerKind, imageId: string): Promise<void>;
}

export async function startAccounts(): Promise<Accounts> {
  const aws = await startLocalAws(factory.ops.region);
  const [ops, ofStaging, ofProduction] = (await Promise.all(
    [opsAccountId, staging.accountId, production.accountId].map((id) => aws.clientSettings(id)),
  )) as [LocalClientSettings, LocalClientSettings, LocalClientSettings];
  const { KeyMetadata } = await new KMSClient(ops).send(new CreateKeyCommand({}));
  let made = 0;
  const clients = { staging: ofStaging, production: ofProduction };
  return {
    aws,
    ops,
    ...clients,
    async share(kind, version, { name, tags } = {}) {
      const time = String(20260901000000 + (made += 1));
      const ownTags = {
        BrokerVersion: version,
        Image: kind,
        ManagedBy: 'packer',
        Project: 'boundless-ami-factory',
        Version: version,
      };
      const imageId = await makeImage(ops, {
        name: name ?? `boundless-${kind}-${version}-${time}`,
        keyArn: KeyMetadata!.Arn!,
        tags: ownTags,
      });
      const Add = [staging, production].map(({ accountId }) => ({ UserId: accountId }));
      await new EC2Client(ops).send(new ModifyImageAttributeCommand({ ImageId: imageId, LaunchPermission: { Add } }));
      const Tags = Object.entries(tags ?? ownTags).map(([Key, Value]) => ({ Key, Value }));
      for (const settings of Object.values(clients))
        await new EC2Client(settings).send(new CreateTagsCommand({ Resources: [imageId], Tags }));
      return imageId;
    },
    async point(environment, kind, pointer, imageId) {
      await new SSMClient(clients[environment]).send(
        new PutParameterCommand({
          Name: pointerName(kind, pointer),
          Value: imageId,
          Type: 'String',
          DataType: 'aws:ec2:image',
          Overwrite: true,
        }),
      );
    },
  };
}

/** An image as a service account sees a good one. */
export const goodImage = (kind: ImageKind, changes: Partial<Image> = {}): Image => ({
  ImageId: 'ami-0123456789abcdef0',
  OwnerId: opsAccountId,
  State: 'available',
  Name: `boundless-${kind}-v1.2.2-20260901000000`,
  Tags: [
    { Key: 'BrokerVersion', Value: 'v1.2.2' },
    { Key: 'Image', Value: kind },
    { Key: 'ManagedBy', Value: 'packer' },
    { Key: 'Project', Value: 'boundless-ami-factory' },
  ],
  ...changes,
});
