import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import {
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { factory } from '../../../config';
import { bootstrap, type BootstrapClients } from '../../../tools/bootstrap/bootstrap';
import { BucketRefusedError } from '../../../tools/bootstrap/bucket';
import { startLocalAws, type LocalAws } from '../../../tools/local-aws';
import { describeWith, localAws } from '../../support/tools';

const bucketOf = (account: string) => `boundless-terraform-state-${account}-us-west-2`;
const accounts = { ops: '111111111111', staging: '222222222222', production: '333333333333' };
type Environment = keyof typeof accounts;

describeWith([localAws], 'make bootstrap', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
  }, 120_000);
  afterAll(() => aws.stop());

  const emptyAccounts = () => fetch(`${aws.endpoint}/moto-api/reset`, { method: 'POST' });
  beforeEach(emptyAccounts);

  const isWrite = (command: string) => /^(Create|Put|Delete)/.test(command);

  /** Clients of an account that write down their calls; `failAfter` lets the process die after that many of them. */
  async function clientsOf(environment: Environment, failAfter = Infinity) {
    const settings = await aws.clientSettings(accounts[environment]);
    const calls: string[] = [];
    const clients: BootstrapClients = {
      s3: new S3Client({ ...settings, forcePathStyle: true }),
      sts: new STSClient(settings),
      iam: new IAMClient(settings),
    };
    for (const client of [clients.s3, clients.sts, clients.iam] as unknown as S3Client[])
      client.middlewareStack.add(
        (next, context) => async (args) => {
          const result = await next(args);
          calls.push(String(context.commandName).replace(/Command$/, ''));
          if (calls.length > failAfter) throw new Error('the process died');
          return result;
        },
        { step: 'initialize' },
      );
    return { ...clients, calls, writes: () => calls.filter(isWrite) };
  }

  async function run(environment: Environment, options: { dryRun?: boolean; failAfter?: number } = {}) {
    const clients = await clientsOf(environment, options.failAfter);
    const lines: string[] = [];
    const report = (line: string) => lines.push(line);
    const changes = await bootstrap(clients, { environment, factory, dryRun: options.dryRun === true, report });
    return { changes, lines, writes: clients.writes(), calls: clients.calls };
  }

  /** Everything that matters of a bucket, read with a client of its own. */
  async function stateOf(environment: Environment) {
    const { s3 } = await clientsOf(environment);
    const Bucket = bucketOf(accounts[environment]);
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    return {
      versioning: (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status,
      encryption: (
        await s3.send(new GetBucketEncryptionCommand({ Bucket }))
      ).ServerSideEncryptionConfiguration?.Rules?.map((rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm),
      publicAccess: (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration,
      ownership: (await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls?.Rules,
      policy: JSON.parse(Policy) as unknown,
      lifecycle: (await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules,
      tags: (await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet,
    };
  }

  const tlsOnly = (bucket: string) => ({
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });

  function expectRight(state: Awaited<ReturnType<typeof stateOf>>, environment: Environment, days: number) {
    expect(state).toMatchObject({
      versioning: 'Enabled',
      encryption: ['AES256'],
      publicAccess: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
      ownership: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
      policy: { Version: '2012-10-17', Statement: [tlsOnly(bucketOf(accounts[environment]))] },
      lifecycle: [
        {
          Status: 'Enabled',
          NoncurrentVersionExpiration: { NoncurrentDays: days },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    });
    expect(state.tags).toEqual(
      expect.arrayContaining([
        { Key: 'Project', Value: 'boundless-ami-factory' },
        { Key: 'Environment', Value: environment },
      ]),
    );
  }

  const servicePaths = async (environment: Environment) =>
    ((await (await clientsOf(environment)).iam.send(new ListRolesCommand({}))).Roles ?? []).map(({ Path }) => Path);

  test.each([
    ['ops', 90, ['/aws-service-role/ec2fleet.amazonaws.com/', '/aws-service-role/spot.amazonaws.com/']],
    ['production', 365, ['/aws-service-role/autoscaling.amazonaws.com/']],
  ] as const)('an empty account becomes ready: %s', async (environment, days, paths) => {
    const { changes } = await run(environment);
    expect(changes).toBeGreaterThan(0);
    expectRight(await stateOf(environment), environment, days);
    expect((await servicePaths(environment)).sort()).toEqual([...paths]);
  });

  test('the second run writes nothing', async () => {
    await run('staging');
    const second = await run('staging');
    expect(second).toMatchObject({ changes: 0, writes: [] });
    expect(second.lines.every((line) => line.startsWith('ok '))).toBe(true);
  });

  test('a dry run writes nothing, in an empty account and in one that drifted', async () => {
    expect(await run('staging', { dryRun: true })).toMatchObject({ writes: [], changes: 2 });
    await run('staging');
    const { s3 } = await clientsOf('staging');
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucketOf(accounts.staging) }));
    const { lines, writes, changes } = await run('staging', { dryRun: true });
    expect(writes).toEqual([]);
    expect(changes).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(/^would change +public access: open to BlockPublicAcls, .* -> blocked$/),
    );
  });

  describe('drift is repaired', () => {
    const Bucket = bucketOf(accounts.staging);
    test.each<[string, (s3: S3Client) => Promise<unknown>, string]>([
      ['public access', (s3) => s3.send(new DeletePublicAccessBlockCommand({ Bucket })), 'PutPublicAccessBlock'],
      ['encryption', (s3) => s3.send(new DeleteBucketEncryptionCommand({ Bucket })), 'PutBucketEncryption'],
      [
        'versioning',
        (s3) => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
        'PutBucketVersioning',
      ],
      ['policy', (s3) => s3.send(new DeleteBucketPolicyCommand({ Bucket })), 'PutBucketPolicy'],
      [
        'lifecycle',
        (s3) =>
          s3.send(
            new PutBucketLifecycleConfigurationCommand({
              Bucket,
              LifecycleConfiguration: {
                Rules: [
                  {
                    ID: 'boundless-terraform-state',
                    Status: 'Enabled',
                    Filter: { Prefix: '' },
                    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
                    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
                  },
                ],
              },
            }),
          ),
        'PutBucketLifecycleConfiguration',
      ],
      ['tags', (s3) => s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } })), 'PutBucketTagging'],
    ])('%s, with one write', async (_, damage, write) => {
      await run('staging');
      await damage((await clientsOf('staging')).s3);
      expect(await run('staging')).toMatchObject({ changes: 1, writes: [write] });
      expectRight(await stateOf('staging'), 'staging', 90);
    });
  });

  test('what others added stays: statements, rules, tags', async () => {
    await run('staging');
    const Bucket = bucketOf(accounts.staging);
    const { s3 } = await clientsOf('staging');
    const other = {
      Sid: 'Other',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:DeleteBucket',
      Resource: `arn:aws:s3:::${Bucket}`,
    };
    const rule = { ID: 'other', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 3 } };
    await s3.send(
      new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [other] }) }),
    );
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'CostCenter', Value: '7' }] } }));
    await run('staging');
    const state = await stateOf('staging');
    expect(state.policy).toEqual({ Version: '2012-10-17', Statement: [other, tlsOnly(Bucket)] });
    expect(state.lifecycle?.map(({ ID }) => ID)).toEqual(['other', 'boundless-terraform-state']);
    expect(state.tags).toContainEqual({ Key: 'CostCenter', Value: '7' });
  });

  test('a run that died after any call is mended by the next', async () => {
    const { calls } = await run('ops');
    for (let failAfter = 0; failAfter < calls.length; failAfter += 1) {
      await emptyAccounts();
      await expect(run('ops', { failAfter })).rejects.toThrow('the process died');
      await run('ops');
      expectRight(await stateOf('ops'), 'ops', 90);
    }
  }, 240_000);

  describe('refuses', () => {
    test('credentials of another account, before anything is read', async () => {
      const clients = await clientsOf('staging');
      const options = { environment: 'production', factory, dryRun: false, report: () => undefined };
      await expect(bootstrap(clients, options)).rejects.toThrow(
        'These credentials are of account 222222222222, and production is account 333333333333 in config/production.ts',
      );
      expect(clients.calls).toEqual(['GetCallerIdentity']);
    });

    test.each([
      [403, BucketRefusedError],
      [500, S3ServiceException],
    ])('a bucket that S3 answers for with %d', async (httpStatusCode, error) => {
      // The local server does not look at the expected owner: the answer is S3's as documented ("HeadBucket").
      const clients = await clientsOf('staging');
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
      const options = { environment: 'staging', factory, dryRun: false, report: () => undefined };
      await expect(bootstrap(clients, options)).rejects.toThrow(error);
    });

    test('every call names the owner of the bucket', async () => {
      const owners = new Set<unknown>();
      const clients = await clientsOf('staging');
      clients.s3.middlewareStack.add(
        (next, { commandName }) =>
          (args) => {
            if (commandName !== 'CreateBucketCommand')
              owners.add((args.input as { ExpectedBucketOwner?: string }).ExpectedBucketOwner);
            return next(args);
          },
        { step: 'initialize' },
      );
      await bootstrap(clients, { environment: 'staging', factory, dryRun: false, report: () => undefined });
      expect([...owners]).toEqual([accounts.staging]);
    });
  });

  describe('the command', () => {
    const command = ['tools/run.mjs', 'tools/bootstrap/cli.ts'];

    test('makes a bucket, and says what is next', async () => {
      const env = { ...process.env, ...(await aws.environment(accounts.staging)) };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [...command, 'staging'], { env });
      expect(stdout).toMatch(/changed +versioning: \(nothing\) -> Enabled/);
      expect(stdout.trim().split('\n').at(-1)).toBe('Ready. Next: npx cdktf deploy staging');
      expect(stderr).toBe('');
      const { s3 } = await clientsOf('staging');
      await s3.send(new HeadBucketCommand({ Bucket: bucketOf(accounts.staging) }));
    });

    test('fails with the reason for credentials of another account', async () => {
      const env = { ...process.env, ...(await aws.environment(accounts.staging)) };
      const failed = promisify(execFile)(process.execPath, [...command, 'ops'], { env });
      await expect(failed).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('WrongAccountError') as string,
      });
    });

    test.each([
      [['qa'], 2],
      [[], 2],
      [['ops', 'staging'], 2],
      [['ops', '--force'], 2],
      [['--help'], 0],
    ])('%j ends with %d', (args, status) => {
      const result = spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8' });
      expect(result.status).toBe(status);
      expect(result.stdout + result.stderr).toContain('usage: make bootstrap ENV=<ops|staging|production>');
    });
  });
});
