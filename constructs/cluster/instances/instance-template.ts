import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { instanceTags, type InstanceRole } from '../../../config/contract';

/** What Auto Scaling launches, and default tags do not reach (docs/facts/cdktf.md#default-tags). */
const launchedResources = ['instance', 'volume', 'network-interface'] as const;

export interface InstanceTemplateProps {
  /** Name of the template and of the instances it launches. */
  readonly name: string;
  readonly role: InstanceRole;
  readonly imageId: string;
  readonly instanceType: string;
  readonly rootVolumeGiB: number;
  /** MiB per second; null leaves the volume to be filled by first reads. */
  readonly volumeInitializationRate: number | null;
  /** Key of the root volume. */
  readonly kmsKeyArn: string;
  readonly securityGroupId: string;
  readonly profileName: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * How an instance of the cluster starts. The instance learns its role and environment from its tags, by IMDSv2; there is
 * no user data, and so none that could hold a secret.
 */
export class InstanceTemplate extends Construct {
  readonly templateId: string;
  /**
   * The number of the newest version: a group that names it can go back to the one before
   * (docs/facts/images.md#instance-refresh-rollback).
   */
  readonly latestVersion: string;

  constructor(scope: Construct, id: string, props: InstanceTemplateProps) {
    super(scope, id);
    const tags = { ...props.tags, Name: props.name, [instanceTags.role]: props.role };
    const template = new LaunchTemplate(this, 'Resource', {
      name: props.name,
      description: `Machines of role ${props.role}`,
      imageId: props.imageId,
      instanceType: props.instanceType,
      updateDefaultVersion: true,
      // An instance that switches itself off is gone, and Auto Scaling brings another.
      instanceInitiatedShutdownBehavior: 'terminate',
      ebsOptimized: 'true',
      iamInstanceProfile: { name: props.profileName },
      vpcSecurityGroupIds: [props.securityGroupId],
      monitoring: { enabled: true },
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: 'enabled',
      },
      blockDeviceMappings: [
        {
          deviceName: '/dev/sda1',
          ebs: {
            volumeType: 'gp3',
            volumeSize: props.rootVolumeGiB,
            encrypted: 'true',
            kmsKeyId: props.kmsKeyArn,
            deleteOnTermination: 'true',
            ...(props.volumeInitializationRate !== null && {
              volumeInitializationRate: props.volumeInitializationRate,
            }),
          },
        },
      ],
      tagSpecifications: launchedResources.map((resourceType) => ({ resourceType, tags })),
      tags: { Name: props.name },
    });
    this.templateId = template.id;
    this.latestVersion = Token.asString(template.latestVersion);
  }
}
