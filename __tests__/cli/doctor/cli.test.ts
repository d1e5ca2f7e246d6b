import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { describeWith, localAws } from '../../support/tools';

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['cli/run.mjs', 'cli/main.ts', 'doctor', ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stdout, stderr };
}

test.each([
  [['qa'], 'Give one environment of ops, staging, production, not "qa".'],
  [[], 'Give one environment of ops, staging, production, not "".'],
  [['ops', '--fix'], "Unknown option '--fix'"],
])('%j is wrong usage', async (args, reason) => {
  const { status, stdout, stderr } = await cli(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(reason);
  expect(stderr).toContain('usage: make doctor ENV=<ops|staging|production>');
});

describeWith([localAws], 'in an account', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
  }, 120_000);
  afterAll(() => aws.stop());

  test('credentials of another account are refused', async () => {
    const { status, stderr } = await cli(['staging'], await aws.environment('333333333333'));
    expect(status).toBe(1);
    expect(stderr).toContain('These are credentials of 333333333333, not of 222222222222; set AWS_PROFILE');
  });

  test('every check of an empty account is reported, and none as passed that could not be asked', async () => {
    const { status, stdout } = await cli(['staging', '--json'], await aws.environment('222222222222'));
    const results = JSON.parse(stdout) as readonly { name: string; is: string; found: string; fix?: string }[];
    expect(status).toBe(1);
    expect(results.find(({ name }) => name.startsWith('state bucket'))).toMatchObject({ is: 'failed' });
    expect(results.find(({ name }) => name === 'parameter /boundless/ami/manager/latest')).toMatchObject({
      is: 'unknown',
    });
    for (const { is, fix } of results) expect(is === 'ok' || (fix ?? '') !== '').toBe(true);
  });
});
