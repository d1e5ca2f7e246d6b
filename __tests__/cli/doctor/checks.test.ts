import {
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { GetRoleCommand, IAMClient, NoSuchEntityException } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import { GetBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  NoSuchResourceException,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { environmentNamed, factory, type EnvironmentConfig, type FactoryConfig } from '../../../config';
import { exitCode, lineOf, runChecks, type CheckResult } from '../../../cli/doctor/check';
import { environmentChecks, opsChecks } from '../../../cli/doctor/checks';

const [ec2, iam, kms, s3, quotas, ssm, sts] = [
  mockClient(EC2Client),
  mockClient(IAMClient),
  mockClient(KMSClient),
  mockClient(S3Client),
  mockClient(ServiceQuotasClient),
  mockClient(SSMClient),
  mockClient(STSClient),
];
const now = new Date('2026-09-02T12:00:00Z');
const staging = environmentNamed('staging');
const zones = ['us-west-2a', 'us-west-2b', 'us-west-2c'];
const image = {
  ImageId: 'ami-0123456789abcdef0',
  OwnerId: '111111111111',
  State: 'available',
  Name: 'boundless-x',
} as const;
const gone = { message: 'none', $metadata: {} };

const offer = (offered: Readonly<Record<string, readonly string[]>>) =>
  ec2.on(DescribeInstanceTypeOfferingsCommand).resolves({
    InstanceTypeOfferings: Object.entries(offered).flatMap(([InstanceType, locations]) =>
      locations.map((Location) => ({ InstanceType: InstanceType as 'g6.xlarge', Location })),
    ),
  });

/** An account where all is well. */
beforeEach(() => {
  for (const client of [ec2, iam, kms, s3, quotas, ssm, sts]) client.reset();
  sts.on(GetCallerIdentityCommand).resolves({
    Arn: 'arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/someone',
  });
  s3.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
  iam.on(GetRoleCommand).resolves({});
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', KeyState: 'Enabled' } });
  offer({ 'c7a.4xlarge': zones, 'g6.xlarge': zones, 'g6.2xlarge': zones, 'g5.xlarge': ['us-west-2b'] });
  ec2.on(DescribeInstanceTypesCommand).callsFake(({ InstanceTypes }: { InstanceTypes: string[] }) => ({
    InstanceTypes: InstanceTypes.map((type) => ({ VCpuInfo: { DefaultVCpus: type === 'c7a.4xlarge' ? 16 : 8 } })),
  }));
  ec2.on(DescribeImagesCommand).resolves({ Images: [image] });
  ec2.on(DescribeSnapshotsCommand).resolves({ Snapshots: [{ StartTime: new Date('2026-09-02T03:00:00Z') }] });
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 64 } });
  quotas.on(ListServiceQuotasCommand).resolves({
    Quotas: [
      { QuotaName: 'Concurrently running builds for Linux/Small environment', Value: 20 },
      { QuotaName: 'Cumulative initialization rate', Value: 5000 },
    ],
  });
  ssm.on(GetParameterCommand).resolves({ Parameter: { Value: image.ImageId, DataType: 'aws:ec2:image' } });
});

const check = async (config: EnvironmentConfig = staging): Promise<readonly CheckResult[]> =>
  runChecks(environmentChecks(factory, config, now), () => undefined);
const checkOps = (changes: FactoryConfig = factory) => runChecks(opsChecks(changes), () => undefined);
const wrong = (results: readonly CheckResult[]) => results.filter(({ is }) => is !== 'ok');

test('an account where all is well', async () => {
  const [ofStaging, ofOps] = [await check(), await checkOps()];
  expect([...wrong(ofStaging), ...wrong(ofOps)]).toEqual([]);
  expect([exitCode(ofStaging), exitCode(ofOps)]).toEqual([0, 0]);
  expect(ofStaging.map(({ name }) => name)).toContain('quota All G and VT Spot Instance Requests');
  // Four provers at most, twice as many during a refresh, 8 vCPUs each.
  expect(ofStaging.find(({ name }) => name.endsWith('Spot Instance Requests'))?.found).toBe(
    '64 vCPUs, 64 needed for 8 instances at most',
  );
});

test('a caller who is no administrator of the secrets fails the check, before a deployment does', async () => {
  sts.on(GetCallerIdentityCommand).resolves({ Arn: 'arn:aws:sts::222222222222:assumed-role/Admin/someone' });
  expect(wrong(await check()).map(lineOf)).toEqual([
    expect.stringMatching(
      /^failed   administrators of secrets: .*assumed-role\/Admin\/someone is none of administratorRoles.*\n {9}fix: add your role to administratorRoles in config\/staging\.ts/,
    ),
  ]);
});

test('the default of a quota counts where the account has no value of its own', async () => {
  quotas.on(GetServiceQuotaCommand).rejects(new NoSuchResourceException(gone));
  quotas.on(GetAWSDefaultServiceQuotaCommand).resolves({ Quota: { Value: 0 } });
  expect(wrong(await check()).map(lineOf)).toEqual([
    expect.stringMatching(/^failed   quota Running On-Demand Standard .*: 0 vCPUs, 16 needed for 1 instances/),
    expect.stringMatching(
      /^failed   quota All G and VT Spot .*: 0 vCPUs, 64 needed .*\n {9}fix: ask for more in Service/,
    ),
  ]);
});

test.each<[string, () => unknown, string, 'failed' | 'unknown', RegExp]>([
  [
    'no type in any zone',
    () => offer({ 'c7a.4xlarge': zones, 'g6.xlarge': zones, 'g6.2xlarge': zones }),
    'instance types in their zones',
    'failed',
    /^g5\.xlarge: not offered$/,
  ],
  [
    'the manager only elsewhere',
    () => offer({ 'c7a.4xlarge': ['us-west-2b'], 'g6.xlarge': zones, 'g6.2xlarge': zones, 'g5.xlarge': zones }),
    'instance types in their zones',
    'failed',
    /^c7a\.4xlarge in us-west-2a, the zone of the data volume: not offered$/,
  ],
  [
    'an unversioned bucket',
    () => s3.on(GetBucketVersioningCommand).resolves({}),
    'state bucket boundless-terraform-state-222222222222-us-west-2',
    'failed',
    /not versioned/,
  ],
  [
    'no bucket',
    () => s3.on(GetBucketVersioningCommand).rejects(Object.assign(new Error('none'), { name: 'NoSuchBucket' })),
    'state bucket boundless-terraform-state-222222222222-us-west-2',
    'failed',
    /not there/,
  ],
  [
    'no role of Auto Scaling',
    () => iam.on(GetRoleCommand, { RoleName: 'AWSServiceRoleForAutoScaling' }).rejects(new NoSuchEntityException(gone)),
    'role AWSServiceRoleForAutoScaling',
    'failed',
    /not there/,
  ],
  [
    'no pointer yet',
    () => ssm.on(GetParameterCommand, { Name: '/boundless/ami/prover/latest' }).rejects(new ParameterNotFound(gone)),
    'parameter /boundless/ami/prover/latest',
    'unknown',
    /not there/,
  ],
  [
    'a pointer of another data type',
    () =>
      ssm
        .on(GetParameterCommand, { Name: '/boundless/ami/prover/latest' })
        .resolves({ Parameter: { DataType: 'text' } }),
    'parameter /boundless/ami/prover/latest',
    'failed',
    /data type is text/,
  ],
  [
    'a disabled image',
    () => ec2.on(DescribeImagesCommand).resolves({ Images: [{ ...image, State: 'disabled' }] }),
    'parameter /boundless/ami/manager/latest',
    'failed',
    /ami-0123456789abcdef0 is disabled/,
  ],
  [
    'an image that is not shared',
    () => ec2.on(DescribeImagesCommand).resolves({}),
    'parameter /boundless/ami/manager/latest',
    'failed',
    /does not see ami-0123456789abcdef0/,
  ],
  [
    'an old snapshot',
    () => ec2.on(DescribeSnapshotsCommand).resolves({ Snapshots: [{ StartTime: new Date('2026-09-01T03:00:00Z') }] }),
    'daily snapshots of the data volume',
    'failed',
    /2026-09-01T03/,
  ],
  [
    'no snapshot yet',
    () => ec2.on(DescribeSnapshotsCommand).resolves({}),
    'daily snapshots of the data volume',
    'unknown',
    /no snapshot/,
  ],
  [
    'a call that is refused',
    () =>
      ec2.on(DescribeSnapshotsCommand).rejects(Object.assign(new Error('no right'), { name: 'UnauthorizedOperation' })),
    'daily snapshots of the data volume',
    'unknown',
    /UnauthorizedOperation: no right/,
  ],
])('%s', async (_, change, name, is, found) => {
  change();
  const results = wrong(await check());
  const result = results.find((one) => one.name === name);
  expect(result).toMatchObject({ is, found: expect.stringMatching(found) as unknown });
  expect(exitCode(results)).toBe(is === 'failed' ? 1 : 3);
});

test('a rate of initialization is compared with what may start at once', async () => {
  const config = { ...staging, prover: { ...staging.prover, volumeInitializationRate: 300, max: 20 } };
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 10_000 } });
  expect(wrong(await check(config))).toMatchObject([
    { is: 'failed', found: '5000 MiB/s, 6000 needed for 20 instances that start at once' },
  ]);
  quotas.on(ListServiceQuotasCommand).resolves({ Quotas: [] });
  expect(wrong(await check(config))).toMatchObject([{ is: 'unknown', found: 'Service Quotas lists no such quota' }]);
});

test.each<[string, () => unknown, RegExp]>([
  [
    'one build at a time',
    () =>
      quotas.on(ListServiceQuotasCommand).resolves({
        Quotas: [{ QuotaName: 'Concurrently running builds for Linux/Small environment', Value: 1 }],
      }),
    /^failed .*Linux\/Small: 1, and 3 images are built side by side: the others wait in the queue\n.*Service Quotas/,
  ],
  [
    'a disabled key',
    () => kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', KeyState: 'Disabled' } }),
    /^failed .*alias\/boundless-ami: Disabled\n.*aws kms enable-key --key-id k$/,
  ],
  [
    'a key that is to be deleted',
    () => kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', KeyState: 'PendingDeletion' } }),
    /PendingDeletion\n.*aws kms cancel-key-deletion --key-id k$/,
  ],
  [
    'no key yet',
    () => kms.on(DescribeKeyCommand).rejects(new NotFoundException(gone)),
    /^unknown .*not there\n.*deploy the stack ops first$/,
  ],
])('ops: %s', async (_, change, line) => {
  change();
  expect(wrong(await checkOps()).map(lineOf)).toEqual([expect.stringMatching(line)]);
});
