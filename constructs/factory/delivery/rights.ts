import { artifactBucket } from './names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';
import { bucketArn } from '../../base/account';

export interface ArtifactRightsProps {
  readonly pipeline: string;
  readonly kmsKeyArn: string;
  /** `read` is a build's, and so are outputs; `manage` is the pipeline's own, which checks its bucket too. */
  readonly access: 'read' | 'manage' | { readonly outputs: readonly string[] };
  /**
   * Whether a build looks for replaced versions of its source.
   * @default false
   */
  readonly checksSource?: boolean;
}

const ofBucket = {
  read: ['s3:GetBucketAcl', 's3:GetBucketLocation'],
  manage: ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
} as const;

const ofObjects = {
  read: ['s3:GetObject', 's3:GetObjectVersion'],
  manage: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:PutObjectAcl'],
} as const;

/**
 * An artifact's name in the path of its objects, `<pipeline>/<artifact>/<id>`: CodePipeline cuts it (AWS CodePipeline User
 * Guide, "CodePipeline concepts": artifact names are truncated).
 */
const shortName = (artifact: string): string => artifact.slice(0, 10);

/**
 * The artifacts of one pipeline, as CodePipeline's and CodeBuild's service roles need them (CodePipeline User Guide,
 * "Manage the CodePipeline service role"; CodeBuild User Guide, "Allow CodeBuild to interact with other AWS services").
 *
 * A build that makes an artifact writes below that artifact's name alone: one that could write anywhere would replace the
 * source that a later build of the run deploys.
 */
export function run({ accountId }: Account, props: ArtifactRightsProps): Statement[] {
  const { pipeline, kmsKeyArn, access, checksSource = false } = props;
  const bucket = bucketArn(artifactBucket(pipeline, accountId));
  const Condition = { StringEquals: { 'aws:ResourceAccount': accountId } };
  const reading = access === 'manage' ? access : 'read';
  return [
    { Sid: 'ArtifactBucket', Action: ofBucket[reading], Resource: bucket, Condition },
    ...(checksSource ? [{ Sid: 'SourceVersions', Action: 's3:ListBucketVersions', Resource: bucket, Condition }] : []),
    { Sid: 'Artifacts', Action: ofObjects[reading], Resource: `${bucket}/*`, Condition },
    ...(typeof access === 'object'
      ? [
          {
            Sid: 'OwnOutputs',
            Action: 's3:PutObject',
            Resource: access.outputs.map((output) => `${bucket}/*/${shortName(output)}/*`),
            Condition,
          },
        ]
      : []),
    {
      Sid: 'ArtifactKey',
      Action: access === 'read' ? 'kms:Decrypt' : ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: kmsKeyArn,
    },
  ];
}
