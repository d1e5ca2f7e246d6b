import { arns, outcomeEvents, project, retirementTags, roles } from '../../../config/names';
import type { Account } from '../../base/account';
import type { Statement } from '../../base/policy';
import { readUsage } from '../../base/usage-rights';

export interface RetirementRightsProps {
  readonly serviceAccountIds: readonly string[];
  readonly reportBucketArn: string;
  /** The key that encrypts the bucket. */
  readonly operationsKeyArn: string;
}

/** What the cleanup Lambda does in its own account. It cannot share: whom an image is given to is the sharing Lambda's alone. */
export function run(account: Account, props: RetirementRightsProps): Statement[] {
  const images = account.regionalArn('ec2', 'image/*');
  const ofThisFactory = { 'aws:ResourceTag/ManagedBy': 'packer', 'aws:ResourceTag/Project': project };
  return [
    ...readUsage(account, account.accountId),
    {
      Sid: 'ReadImagesAndLeftovers',
      Action: [
        'ec2:DescribeImages',
        'ec2:DescribeKeyPairs',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSnapshots',
        'ec2:DescribeVolumes',
      ],
      Resource: '*',
      Condition: account.inRegion,
    },
    {
      Sid: 'RetireFactoryImages',
      Action: [
        'ec2:DeregisterImage',
        'ec2:DisableImage',
        'ec2:DisableImageDeprecation',
        'ec2:DisableImageDeregistrationProtection',
        'ec2:EnableImage',
        'ec2:EnableImageDeprecation',
        'ec2:EnableImageDeregistrationProtection',
      ],
      Resource: images,
      Condition: { StringEquals: ofThisFactory },
    },
    {
      // No other tag: those of a build describe the image, and those of a withdrawal keep it from being launched.
      Sid: 'RecordRetirement',
      Action: ['ec2:CreateTags', 'ec2:DeleteTags'],
      Resource: images,
      Condition: {
        StringEquals: ofThisFactory,
        'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(retirementTags) },
        Null: { 'aws:TagKeys': 'false' },
      },
    },
    {
      // Snapshots of images as well: `DeregisterImage` deletes them with its caller's rights.
      Sid: 'RemoveWhatBuildsMade',
      Action: [
        'ec2:DeleteKeyPair',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSnapshot',
        'ec2:DeleteVolume',
        'ec2:TerminateInstances',
      ],
      Resource: [
        account.regionalArn('ec2', 'snapshot/*'),
        ...account.ec2('instance', 'key-pair', 'launch-template', 'security-group', 'volume'),
      ],
      Condition: { StringEquals: ofThisFactory },
    },
    { Sid: 'WriteReports', Action: 's3:PutObject', Resource: `${props.reportBucketArn}/*` },
    {
      Sid: 'EncryptReports',
      Action: 'kms:GenerateDataKey',
      Resource: props.operationsKeyArn,
      Condition: { StringEquals: { 'kms:ViaService': `s3.${account.region}.amazonaws.com` } },
    },
    {
      Sid: 'PublishOutcomes',
      Action: 'events:PutEvents',
      Resource: account.arn('events', 'event-bus/default'),
      Condition: { StringEquals: { 'events:source': outcomeEvents.source } },
    },
    {
      Sid: 'AssumeUsageReaders',
      Action: 'sts:AssumeRole',
      Resource: props.serviceAccountIds.map((serviceAccount) => arns.role(serviceAccount, roles.usageReader)),
    },
  ];
}
