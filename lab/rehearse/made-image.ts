import { CreateImageCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { LocalClientSettings } from '../local-aws';

/** An image that no build of the factory made, however much it looks like one. */
export interface MadeImage {
  readonly name: string;
  readonly keyArn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Ubuntu, as `lab/local-aws/images.json` has it. */
const baseImage = 'ami-0a1b2c3d4e5f60001';

/** Makes an image of an instance with an encrypted disk, in the account of the settings. */
export async function makeImage(settings: LocalClientSettings, { name, keyArn, tags }: MadeImage): Promise<string> {
  const ec2 = new EC2Client(settings);
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: baseImage,
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8, Encrypted: true, KmsKeyId: keyArn } }],
    }),
  );
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { ImageId } = await ec2.send(
    new CreateImageCommand({
      InstanceId: instance?.InstanceId,
      Name: name,
      TagSpecifications: [{ ResourceType: 'image', Tags }],
    }),
  );
  if (ImageId === undefined) throw new Error('EC2 made no image');
  return ImageId;
}
