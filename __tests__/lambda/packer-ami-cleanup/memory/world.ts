import type { AutoScalingGroup, InstanceRefresh, LaunchConfiguration } from '@aws-sdk/client-auto-scaling';
import type {
  FleetData,
  Image,
  Instance,
  KeyPairInfo,
  LaunchTemplate,
  LaunchTemplateVersion,
  SecurityGroup,
  Snapshot,
  SpotFleetRequestConfig,
  SpotInstanceRequest,
  Volume,
} from '@aws-sdk/client-ec2';

/** A group that has no instances, and no template yet. */
export const emptyGroup = (name: string): AutoScalingGroup => ({
  AutoScalingGroupName: name,
  MinSize: 0,
  MaxSize: 0,
  DesiredCapacity: 0,
  DefaultCooldown: 300,
  AvailabilityZones: [],
  HealthCheckType: 'EC2',
  CreatedTime: new Date(0),
});

/** What an account holds, in the SDK's words. */
export class MemoryAccount {
  readonly instances: Instance[] = [];
  readonly spotRequests: SpotInstanceRequest[] = [];
  readonly groups: AutoScalingGroup[] = [];
  /** By the name of the group. */
  readonly refreshes = new Map<string, InstanceRefresh[]>();
  readonly configurations: LaunchConfiguration[] = [];
  readonly fleets: FleetData[] = [];
  readonly spotFleets: SpotFleetRequestConfig[] = [];
  readonly templates: LaunchTemplate[] = [];
  /** By the id of the template, the newest first. */
  readonly versions = new Map<string, LaunchTemplateVersion[]>();
  /** By name; a name may have a version behind a colon. */
  readonly parameters = new Map<string, string>();
  images: Image[] = [];
  snapshots: Snapshot[] = [];
  volumes: Volume[] = [];
  keyPairs: KeyPairInfo[] = [];
  securityGroups: SecurityGroup[] = [];

  /** A launch template with the images of its versions, the first version first. */
  template(name: string, images: readonly (string | undefined)[], defaultVersion = 1): LaunchTemplate {
    const LaunchTemplateId = `lt-${name}`;
    const template: LaunchTemplate = {
      LaunchTemplateId,
      LaunchTemplateName: name,
      DefaultVersionNumber: defaultVersion,
      LatestVersionNumber: images.length,
      CreateTime: new Date(0),
    };
    this.templates.push(template);
    this.versions.set(
      LaunchTemplateId,
      images
        .map((ImageId, index) => ({ VersionNumber: index + 1, LaunchTemplateData: { ...(ImageId && { ImageId }) } }))
        .reverse(),
    );
    return template;
  }
}
