import {
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
  type S3Client,
  type ServerSideEncryptionByDefault,
} from '@aws-sdk/client-s3';
import { stateRule } from '../../../cli/bootstrap/lifecycle-rule';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { describeWith, localAws } from '../../support/tools';
import { bucketOf, clientsOf, emptyAccounts, expectRight, run, stateOf, tlsOnly } from './support';

const Bucket = bucketOf('staging');
const putPolicy = (...Statement: object[]) =>
  new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
const putRules = (...Rules: LifecycleRule[]) =>
  new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } });
const putOwnership = (ObjectOwnership: 'ObjectWriter') =>
  new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } });
const putTags = (...tags: [string, string][]) =>
  new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tags.map(([Key, Value]) => ({ Key, Value })) } });
const putEncryption = (ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault) =>
  new PutBucketEncryptionCommand({
    Bucket,
    ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault }] },
  });

describeWith([localAws], 'make bootstrap repairs', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
  }, 120_000);
  afterAll(() => aws.stop());
  let s3: S3Client;
  beforeEach(async () => {
    await emptyAccounts(aws);
    await run(aws, 'staging');
    ({ s3 } = await clientsOf(aws, 'staging'));
  });

  const own = stateRule(90);
  const versioning = (Status: 'Suspended') =>
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } });
  const someAccess = { BlockPublicAcls: true, IgnorePublicAcls: false, BlockPublicPolicy: true };
  test.each<[string, () => Promise<unknown>, string, string]>([
    [
      'no block of public access',
      () => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
      'PutPublicAccessBlock',
      'public access: open to BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets -> blocked',
    ],
    [
      'half a block of public access',
      () =>
        s3.send(
          new PutPublicAccessBlockCommand({
            Bucket,
            PublicAccessBlockConfiguration: { ...someAccess, RestrictPublicBuckets: true },
          }),
        ),
      'PutPublicAccessBlock',
      'public access: open to IgnorePublicAcls -> blocked',
    ],
    [
      'access lists',
      () => s3.send(putOwnership('ObjectWriter')),
      'PutBucketOwnershipControls',
      'object ownership: ObjectWriter -> BucketOwnerEnforced',
    ],
    [
      'no encryption',
      () => s3.send(new DeleteBucketEncryptionCommand({ Bucket })),
      'PutBucketEncryption',
      'encryption: (nothing) -> on',
    ],
    [
      'suspended versioning',
      () => s3.send(versioning('Suspended')),
      'PutBucketVersioning',
      'versioning: Suspended -> Enabled',
    ],
    [
      'no policy',
      () => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
      'PutBucketPolicy',
      'policy: (nothing) -> TLS only',
    ],
    [
      'a policy without its condition',
      () => s3.send(putPolicy({ ...tlsOnly(Bucket), Action: 's3:PutObject' })),
      'PutBucketPolicy',
      'policy: altered -> TLS only',
    ],
    [
      'other days',
      () => s3.send(putRules({ ...own, NoncurrentVersionExpiration: { NoncurrentDays: 1 } })),
      'PutBucketLifecycleConfiguration',
      'lifecycle: NoncurrentVersionExpiration {"NoncurrentDays":1} -> previous versions expire after 90 days',
    ],
    [
      'a rule that deletes the state itself',
      () => s3.send(putRules({ ...own, Expiration: { Days: 1 } })),
      'PutBucketLifecycleConfiguration',
      'lifecycle: Expiration {"Days":1} -> previous versions expire after 90 days',
    ],
    [
      'a rule for some objects only, that is off',
      () => s3.send(putRules({ ...own, Status: 'Disabled', Filter: { Prefix: 'a' } })),
      'PutBucketLifecycleConfiguration',
      'lifecycle: Status "Disabled", Filter {"Prefix":"a"} -> previous versions expire after 90 days',
    ],
    [
      'a rule that leaves broken uploads',
      () => s3.send(putRules({ ...own, AbortIncompleteMultipartUpload: undefined })),
      'PutBucketLifecycleConfiguration',
      'lifecycle: AbortIncompleteMultipartUpload (nothing) -> previous versions expire after 90 days',
    ],
    [
      'a wrong tag',
      () => s3.send(putTags(['Project', 'boundless-ami-factory'], ['Environment', 'qa'])),
      'PutBucketTagging',
      'tags: Project=boundless-ami-factory ManagedBy= Environment=qa -> ' +
        'Project=boundless-ami-factory ManagedBy=bootstrap Environment=staging',
    ],
  ])('%s, with one write', async (_, damage, write, difference) => {
    await damage();
    const dry = await run(aws, 'staging', { dryRun: true });
    expect(dry).toMatchObject({ changes: 1, writes: [] });
    expect(dry.lines).toContain(`would change  ${difference}`);

    const repair = await run(aws, 'staging');
    expect(repair).toMatchObject({ changes: 1, writes: [write] });
    expect(repair.lines).toContain(`changed       ${difference}`);
    expectRight(await stateOf(aws, 'staging'), 'staging', 90);
  });

  test('what others added stays: statements, rules, tags', async () => {
    const other = { Sid: 'Other', Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket', Resource: '*' };
    const rule = { ID: 'other', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 3 } };
    await s3.send(putPolicy(other));
    await s3.send(putRules(rule));
    await s3.send(putTags(['CostCenter', '7']));
    await run(aws, 'staging');
    const state = await stateOf(aws, 'staging');
    expect(state.policy).toEqual({ Version: '2012-10-17', Statement: [other, tlsOnly(Bucket)] });
    expect(state.lifecycle).toEqual([rule, own]);
    expect(state.tags).toMatchObject({ CostCenter: '7', ManagedBy: 'bootstrap' });
    expect((await run(aws, 'staging')).writes).toEqual([]);
  });

  test('a policy of an old version with its one statement not in a list', async () => {
    const other = { Sid: 'Other', Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket', Resource: '${kept}' };
    const Policy = JSON.stringify({ Version: '2008-10-17', Id: 'theirs', Statement: other });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    await run(aws, 'staging');
    const { policy } = await stateOf(aws, 'staging');
    expect(policy).toEqual({ Version: '2008-10-17', Id: 'theirs', Statement: [other, tlsOnly(Bucket)] });
  });

  test('nothing where the policy lets another account in, and reports that', async () => {
    const audit = { Sid: 'Audit', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::444444444444:root' } };
    await s3.send(putPolicy({ ...audit, Action: 's3:GetObject', Resource: '*' }, tlsOnly(Bucket)));
    const { lines, writes } = await run(aws, 'staging');
    expect(writes).toEqual([]);
    expect(lines.at(-1)).toBe(
      'look at       policy: its statement Audit lets others than 222222222222 in; it was left as it is',
    );
  });

  test.each([
    ['aws:kms', true],
    ['aws:kms:dsse', false],
  ] as const)('never the encryption %s that an operator chose', async (SSEAlgorithm, bucketKey) => {
    const chosen = { SSEAlgorithm, KMSMasterKeyID: 'arn:aws:kms:us-west-2:222222222222:key/theirs' };
    await s3.send(putEncryption(chosen));
    const { lines } = await run(aws, 'staging');
    const change = 'changed       encryption: aws:kms without bucket key -> on';
    expect(lines.filter((line) => line.includes('encryption'))).toEqual([
      bucketKey ? change : 'ok            encryption: on',
    ]);
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration?.Rules).toEqual([
      { ApplyServerSideEncryptionByDefault: chosen, BucketKeyEnabled: bucketKey },
    ]);
    expect((await run(aws, 'staging')).writes).toEqual([]);
  });
});
