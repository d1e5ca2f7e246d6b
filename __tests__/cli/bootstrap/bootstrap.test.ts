import { CreateServiceLinkedRoleCommand, IAMServiceException } from '@aws-sdk/client-iam';
import { CreateBucketCommand, HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { factory } from '../../../config';
import { bootstrap } from '../../../cli/bootstrap/bootstrap';
import { BucketElsewhereError, BucketRefusedError } from '../../../cli/bootstrap/bucket';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { describeWith, localAws } from '../../support/tools';
import { accounts, bucketOf, clientsOf, emptyAccounts, expectRight, rolePaths, run, stateOf } from './support';

const autoScalingPath = '/aws-service-role/autoscaling.amazonaws.com/';
const spotPath = '/aws-service-role/spot.amazonaws.com/';

describeWith([localAws], 'make bootstrap', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
  }, 120_000);
  afterAll(() => aws.stop());
  beforeEach(() => emptyAccounts(aws));

  const staging = { environment: 'staging', factory, dryRun: false, report: () => undefined };

  test.each([
    ['ops', 90, ['/aws-service-role/ec2fleet.amazonaws.com/', spotPath]],
    ['staging', 90, [autoScalingPath, spotPath]],
    ['production', 365, [autoScalingPath, spotPath]],
  ] as const)('an empty account becomes ready: %s', async (environment, days, paths) => {
    const { changes } = await run(aws, environment);
    expect(changes).toBeGreaterThan(0);
    expectRight(await stateOf(aws, environment), environment, days);
    expect(await rolePaths(aws, environment)).toEqual([...paths]);
  });

  test('the second run writes nothing', async () => {
    await run(aws, 'staging');
    const second = await run(aws, 'staging');
    expect(second).toMatchObject({ changes: 0, writes: [] });
    expect(second.lines.every((line) => line.startsWith('ok '))).toBe(true);
  });

  test('a dry run in an empty account names all that is to make, and makes nothing', async () => {
    const { lines, writes, changes } = await run(aws, 'staging', { dryRun: true });
    expect(writes).toEqual([]);
    expect(changes).toBe(10);
    expect(lines.map((line) => line.replace(/^would change +/, ''))).toEqual([
      `bucket: (nothing) -> ${bucketOf('staging')}`,
      'public access: (nothing) -> blocked',
      'object ownership: (nothing) -> BucketOwnerEnforced',
      'encryption: (nothing) -> on',
      'versioning: (nothing) -> Enabled',
      'policy: (nothing) -> TLS only',
      'lifecycle: (nothing) -> previous versions expire after 90 days',
      'tags: (nothing) -> Project=boundless-ami-factory ManagedBy=bootstrap Environment=staging',
      'role AWSServiceRoleForAutoScaling: (nothing) -> there',
      'role AWSServiceRoleForEC2Spot: (nothing) -> there',
    ]);
    expect(await rolePaths(aws, 'staging')).toEqual([]);
  });

  test.each(['ops', 'staging'] as const)(
    'a run that died after any call is mended by the next: %s',
    async (environment) => {
      const { calls } = await run(aws, environment);
      for (let failAfter = 0; failAfter < calls.length; failAfter += 1) {
        await emptyAccounts(aws);
        await expect(run(aws, environment, { failAfter })).rejects.toThrow('the process died');
        await run(aws, environment);
        expectRight(await stateOf(aws, environment), environment, 90);
        expect((await run(aws, environment)).writes).toEqual([]);
      }
    },
    240_000,
  );

  test.each([
    ['us-east-1', undefined],
    ['eu-west-1', { LocationConstraint: 'eu-west-1' }],
  ] as const)('in %s the bucket is made with the location %j', async (region, location) => {
    const clients = await clientsOf(aws, 'staging');
    const s3 = new S3Client({ ...(await aws.clientSettings(accounts.staging)), region, forcePathStyle: true });
    const locations: unknown[] = [];
    s3.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === 'CreateBucketCommand')
            locations.push((args.input as { CreateBucketConfiguration?: unknown }).CreateBucketConfiguration);
          return next(args);
        },
      { step: 'initialize' },
    );
    const environments = factory.environments.map((environment) => ({ ...environment, region }));
    await bootstrap({ ...clients, s3 }, { ...staging, factory: { ...factory, environments } });
    expect(locations).toEqual([location]);
    await s3.send(new HeadBucketCommand({ Bucket: bucketOf('staging', region) }));
  });

  describe('the role of Auto Scaling', () => {
    test('a role with the suffix of another owner is not taken for it', async () => {
      const { iam } = await clientsOf(aws, 'staging');
      const service = { AWSServiceName: 'autoscaling.amazonaws.com', CustomSuffix: 'theirs' };
      await iam.send(new CreateServiceLinkedRoleCommand(service));
      expect((await run(aws, 'staging')).writes).toContain('CreateServiceLinkedRole');
      expect(await rolePaths(aws, 'staging')).toEqual([autoScalingPath, autoScalingPath, spotPath]);
    });

    test.each([
      ['has been taken in this account, please try a different suffix.', undefined],
      ['is not one that AWS knows', 'is not one that AWS knows'],
    ])('CreateServiceLinkedRole answers that the name %s', async (message, thrown) => {
      const clients = await clientsOf(aws, 'staging');
      clients.iam.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const result = await next(args);
            if (commandName !== 'CreateServiceLinkedRoleCommand') return result;
            const name = 'InvalidInputException';
            throw new IAMServiceException({ name, message, $fault: 'client', $metadata: {} });
          },
        { step: 'initialize', priority: 'low' },
      );
      const result = await bootstrap(clients, staging).catch(String);
      if (thrown === undefined) expect(result).toBeGreaterThan(0);
      else expect(result).toContain(thrown);
    });
  });

  describe('refuses', () => {
    test('credentials of another account, before anything is read', async () => {
      const clients = await clientsOf(aws, 'staging');
      await expect(bootstrap(clients, { ...staging, environment: 'production' })).rejects.toThrow(
        'These credentials are of account 222222222222, and production is account 333333333333 in config/production.ts; ' +
          'use credentials of 333333333333',
      );
      expect(clients.calls).toEqual(['GetCallerIdentity']);
    });

    test('an environment that is not configured, before any call', async () => {
      const clients = await clientsOf(aws, 'staging');
      await expect(bootstrap(clients, { ...staging, environment: 'qa' })).rejects.toThrow(
        'There is no environment "qa"; use one of staging, production.',
      );
      expect(clients.calls).toEqual([]);
    });

    test.each([
      [403, BucketRefusedError],
      [301, BucketElsewhereError],
      [500, S3ServiceException],
    ])('a bucket that S3 answers for with %d', async (httpStatusCode, error) => {
      // The local server does not look at the expected owner: the answer is S3's as documented ("HeadBucket").
      const clients = await clientsOf(aws, 'staging');
      clients.s3.middlewareStack.add(
        () => () => {
          throw new S3ServiceException({
            name: String(httpStatusCode),
            $fault: 'client',
            $metadata: { httpStatusCode },
          });
        },
        { step: 'initialize', priority: 'low' },
      );
      const lines: string[] = [];
      const report = (line: string) => lines.push(line);
      await expect(bootstrap(clients, { ...staging, report })).rejects.toThrow(error);
      expect(lines).toEqual(['failed        bucket']);
    });

    test.each([
      ['production', BucketRefusedError],
      ['staging', undefined],
    ] as const)('at its making, a bucket that %s made a moment before', async (maker, error) => {
      const clients = await clientsOf(aws, 'staging');
      const { s3 } = await clientsOf(aws, maker);
      clients.s3.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            if (commandName === 'CreateBucketCommand')
              await s3.send(
                new CreateBucketCommand({
                  Bucket: bucketOf('staging'),
                  CreateBucketConfiguration: { LocationConstraint: 'us-west-2' },
                }),
              );
            return next(args);
          },
        { step: 'initialize' },
      );
      const result = bootstrap(clients, staging);
      if (error === undefined) expect(await result).toBeGreaterThan(0);
      else await expect(result).rejects.toThrow(error);
    });

    test('to touch the bucket without naming its owner', async () => {
      const owners = new Set<unknown>();
      const clients = await clientsOf(aws, 'staging');
      clients.s3.middlewareStack.add(
        (next, { commandName }) =>
          (args) => {
            if (commandName !== 'CreateBucketCommand')
              owners.add((args.input as { ExpectedBucketOwner?: string }).ExpectedBucketOwner);
            return next(args);
          },
        { step: 'initialize' },
      );
      await bootstrap(clients, staging);
      expect([...owners]).toEqual([accounts.staging]);
    });
  });
});
