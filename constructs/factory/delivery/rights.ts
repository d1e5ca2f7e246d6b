import { artifactBucket } from './names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';
import { bucketArn } from '../../base/account';

export interface ArtifactRightsProps {
  readonly pipeline: string;
  readonly kmsKeyArn: string;
  /** `read` and `write` are a build's; `manage` is the pipeline's own, which checks its bucket too. */
  readonly access: 'read' | 'write' | 'manage';
}

const ofBucket = {
  read: ['s3:GetBucketAcl', 's3:GetBucketLocation'],
  write: ['s3:GetBucketAcl', 's3:GetBucketLocation'],
  manage: ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
} as const;

const ofObjects = {
  read: ['s3:GetObject', 's3:GetObjectVersion'],
  write: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
  manage: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:PutObjectAcl'],
} as const;

/**
 * The artifacts of one pipeline, as CodePipeline's and CodeBuild's service roles need them (CodePipeline User Guide,
 * "Manage the CodePipeline service role"; CodeBuild User Guide, "Allow CodeBuild to interact with other AWS services").
 */
export function run({ accountId }: Account, { pipeline, kmsKeyArn, access }: ArtifactRightsProps): Statement[] {
  const bucket = bucketArn(artifactBucket(pipeline, accountId));
  const Condition = { StringEquals: { 'aws:ResourceAccount': accountId } };
  return [
    { Sid: 'ArtifactBucket', Action: ofBucket[access], Resource: bucket, Condition },
    { Sid: 'Artifacts', Action: ofObjects[access], Resource: `${bucket}/*`, Condition },
    {
      Sid: 'ArtifactKey',
      Action: access === 'read' ? 'kms:Decrypt' : ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: kmsKeyArn,
    },
  ];
}
