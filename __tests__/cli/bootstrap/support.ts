import { IAMClient, paginateListRoles } from '@aws-sdk/client-iam';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { factory, type FactoryConfig } from '../../../config';
import { bootstrap, type BootstrapClients } from '../../../cli/bootstrap/bootstrap';
import type { LocalAws } from '../../../lab/local-aws';

export const accounts = { ops: '111111111111', staging: '222222222222', production: '333333333333' };
export type Environment = keyof typeof accounts;

export const bucketOf = (environment: Environment, region = 'us-west-2') =>
  `boundless-terraform-state-${accounts[environment]}-${region}`;

export const tlsOnly = (bucket: string) => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

export const emptyAccounts = (aws: LocalAws) => fetch(`${aws.endpoint}/moto-api/reset`, { method: 'POST' });

/** Whatever is not known to read only. */
const isWrite = (command: string) => !/^(Get|Head|List)/.test(command);

/** Clients of an account that write down their calls; the process dies after `failAfter` of them. */
export async function clientsOf(aws: LocalAws, environment: Environment, failAfter = Infinity) {
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

export interface RunOptions {
  readonly dryRun?: boolean;
  readonly failAfter?: number;
  readonly factory?: FactoryConfig;
}

/** One run of the tool, with clients of its own. */
export async function run(aws: LocalAws, environment: Environment, options: RunOptions = {}) {
  const clients = await clientsOf(aws, environment, options.failAfter);
  const lines: string[] = [];
  const changes = await bootstrap(clients, {
    environment,
    factory: options.factory ?? factory,
    dryRun: options.dryRun === true,
    report: (line) => lines.push(line),
    pause: () => Promise.resolve(),
  });
  return { changes, lines, writes: clients.writes(), calls: clients.calls };
}

/** Everything that matters of a bucket, read with a client of its own. */
export async function stateOf(aws: LocalAws, environment: Environment) {
  const { s3 } = await clientsOf(aws, environment);
  const Bucket = bucketOf(environment);
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  return {
    versioning: (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status,
    encryption: ServerSideEncryptionConfiguration?.Rules?.map(
      (rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
    ),
    publicAccess: (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration,
    ownership: (await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls?.Rules,
    policy: JSON.parse((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? '') as unknown,
    lifecycle: (await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules,
    tags: Object.fromEntries(
      ((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? []).map(({ Key = '', Value }) => [
        Key,
        Value,
      ]),
    ),
  };
}

export function expectRight(state: Awaited<ReturnType<typeof stateOf>>, environment: Environment, days: number): void {
  expect(state).toEqual({
    versioning: 'Enabled',
    encryption: ['AES256'],
    publicAccess: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    ownership: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
    policy: { Version: '2012-10-17', Statement: [tlsOnly(bucketOf(environment))] },
    lifecycle: [
      {
        ID: 'boundless-terraform-state',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        NoncurrentVersionExpiration: { NoncurrentDays: days },
        Expiration: { ExpiredObjectDeleteMarker: true },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ],
    tags: { Project: 'boundless-ami-factory', ManagedBy: 'bootstrap', Environment: environment },
  });
}

/** Paths of the account's roles, which begin with the service for AWS's own. */
export async function rolePaths(aws: LocalAws, environment: Environment): Promise<(string | undefined)[]> {
  const { iam: client } = await clientsOf(aws, environment);
  const paths: (string | undefined)[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client }, {})) paths.push(...Roles.map(({ Path }) => Path));
  return paths.sort();
}
