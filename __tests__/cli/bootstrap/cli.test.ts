import { spawnSync } from 'node:child_process';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { bootstrapCommand } from '../../../cli/bootstrap/cli';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { runCommand } from '../../support/run-command';
import { describeWith, localAws } from '../../support/tools';
import { accounts, bucketOf, clientsOf, emptyAccounts } from './support';

const command = ['cli/run.mjs', 'cli/main.ts', 'bootstrap'];
/** Only what the command needs of this process: the command itself turns the SDK's warning off. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: process.env['HOME'] });

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = environment()) {
  const { code, stdout, stderr } = await runCommand(bootstrapCommand, args, { env });
  return { status: code, stdout, stderr, lines: stdout.trimEnd().split('\n') };
}

describe('the command', () => {
  test.each([
    [['qa'], 'There is no environment "qa"; use one of ops, staging, production.'],
    [['Production'], 'There is no environment "Production"'],
    [[], 'There is no environment ""'],
    [['ops', 'staging'], 'There is no environment "ops staging"'],
    [['ops', '--force'], "Unknown option '--force'"],
  ])('%j is wrong usage', async (args, reason) => {
    const { status, stdout, stderr } = await cli(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(reason);
    expect(stderr).toContain('usage: make bootstrap ENV=<ops|staging|production>');
  });

  test('--help explains itself', async () => {
    const { status, stdout, stderr } = await cli(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: make bootstrap ENV=<ops\|staging\|production>[^]*--dry-run[^]*exit codes:/);
  });

  test('without credentials it names how to get some, and of the SDK it prints nothing', () => {
    const none = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent', AWS_CONFIG_FILE: '/nonexistent' };
    const env = { ...environment(), ...none };
    const { status, stderr } = spawnSync(process.execPath, [...command, 'ops'], { env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^CredentialsProviderError: .*\nSet AWS_PROFILE to a profile of the account, and sign in/);
  });
});

describeWith([localAws], 'the command in an account', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
  }, 120_000);
  afterAll(() => aws.stop());
  beforeEach(() => emptyAccounts(aws));

  const inStaging = async () => ({ ...environment(), ...(await aws.environment(accounts.staging)) });

  test('shows changes, makes them, then has none left; each run prints the next step', async () => {
    const env = await inStaging();
    const dry = await cli(['staging', '--dry-run'], env);
    expect(dry).toMatchObject({ status: 0, stderr: '' });
    expect(dry.lines.at(-1)).toBe('10 changes to make; nothing was changed.');

    const first = await cli(['staging'], env);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.lines).toContain('changed       versioning: (nothing) -> Enabled');
    expect(first.lines.at(-1)).toBe('Ready. Next: npx cdktf deploy staging');
    const { s3 } = await clientsOf(aws, 'staging');
    await s3.send(new HeadBucketCommand({ Bucket: bucketOf('staging') }));

    const second = await cli(['staging'], env);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(second.lines.filter((line) => !line.startsWith('ok '))).toEqual(['Ready. Next: npx cdktf deploy staging']);
    expect((await cli(['staging', '--dry-run'], env)).lines.at(-1)).toBe('0 changes to make; nothing was changed.');
  });

  test('fails with the reason for credentials of another account', async () => {
    const { status, stdout, stderr } = await cli(['ops'], await inStaging());
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^WrongAccountError: .*account 222222222222, and ops is account 111111111111.*\n$/);
  });
});
