import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../lab/local-aws';
import { startFaultProxy, type Decide } from '../../../lab/local-aws/fault-proxy';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import { describeWith, localAws } from '../../support/tools';

jest.setTimeout(60_000);

describeWith([localAws], 'a proxy to the local AWS', () => {
  let aws: LocalAws;
  let settings: LocalClientSettings;

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    settings = await aws.clientSettings('111111111111');
  });
  afterAll(() => aws.stop());

  async function over<T>(decide: Decide | undefined, work: (config: LocalClientSettings) => Promise<T>) {
    const proxy = await startFaultProxy(aws.endpoint, decide);
    try {
      const outcome = await work({ ...settings, endpoint: proxy.endpoint }).catch((error: unknown) => error as Error);
      return { outcome, calls: proxy.calls };
    } finally {
      await proxy.close();
    }
  }

  test('notes what is called, and as which role', async () => {
    const { calls } = await over(undefined, async (config) => {
      const RoleArn = 'arn:aws:iam::222222222222:role/packer-ami-publisher-role';
      const { Credentials } = await new STSClient(config).send(
        new AssumeRoleCommand({ RoleArn, RoleSessionName: 'x' }),
      );
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
      const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
      await new SSMClient({ ...config, credentials }).send(new GetParametersCommand({ Names: ['x'] }));
      await new EC2Client(config).send(new DescribeImagesCommand({ Owners: ['self'] }));
    });
    expect(calls).toEqual([
      { action: 'sts:AssumeRole', role: undefined },
      { action: 'ssm:GetParameters', role: 'arn:aws:iam::222222222222:role/packer-ami-publisher-role' },
      { action: 'ec2:DescribeImages', role: undefined },
    ]);
  });

  test.each<[fault: Fault, ec2: string, ssm: string]>([
    ['throttle', 'RequestLimitExceeded', 'ThrottlingException'],
    ['deny', 'UnauthorizedOperation', 'AccessDeniedException'],
    ['expire', 'RequestExpired', 'ExpiredTokenException'],
    ['break', 'InternalError', 'InternalFailure'],
    ['hang', 'TimeoutError', 'TimeoutError'],
  ])('%s: as the services put it', async (fault, ec2Name, ssmName) => {
    const once = { maxAttempts: 1, requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true } };
    const ec2 = await over(
      () => fault,
      (config) => new EC2Client({ ...config, ...once }).send(new DescribeImagesCommand({ Owners: ['self'] })),
    );
    expect(ec2.outcome).toMatchObject({ name: ec2Name });
    const ssm = await over(
      () => fault,
      (config) => new SSMClient({ ...config, ...once }).send(new GetParametersCommand({ Names: ['x'] })),
    );
    expect(ssm.outcome).toMatchObject({ name: ssmName });
  });

  test('what is lost was done, and is repeated by the SDK', async () => {
    const { outcome, calls } = await over(
      (_, index) => (index === 0 ? 'lose' : undefined),
      (config) => new EC2Client(config).send(new DescribeImagesCommand({ Owners: ['self'] })),
    );
    expect(outcome).not.toBeInstanceOf(Error);
    expect(calls).toHaveLength(2);
  });

  test('S3 is spoken to by paths, and has errors of its own', async () => {
    const once = { maxAttempts: 1, forcePathStyle: true };
    const file = { Bucket: 'a-bucket', Key: 'a/file' };
    const { calls } = await over(undefined, async (config) => {
      const s3 = new S3Client({ ...config, ...once });
      await new S3Client({ ...settings, ...once }).send(
        new CreateBucketCommand({ Bucket: 'a-bucket', CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }),
      );
      await s3.send(new HeadBucketCommand({ Bucket: 'a-bucket' }));
      await s3.send(new PutObjectCommand({ ...file, Body: 'x' }));
      await s3.send(new DeleteObjectCommand(file));
    });
    expect(calls.map(({ action }) => action)).toEqual(['s3:HeadBucket', 's3:PutObject', 's3:DeleteObject']);
    for (const [fault, name] of [
      ['miss', 'InvalidAccessKeyId'],
      ['deny', 'AccessDenied'],
      ['throttle', 'SlowDown'],
    ] as const) {
      const { outcome } = await over(
        () => fault,
        (config) => new S3Client({ ...config, ...once }).send(new PutObjectCommand({ ...file, Body: 'x' })),
      );
      expect(outcome).toMatchObject({ name });
    }
  });
});
