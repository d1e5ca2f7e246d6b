import { spawnSync } from 'node:child_process';
import { doctorCommand } from '../../../cli/doctor/cli';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { runCommand } from '../../support/run-command';
import { describeWith, localAws } from '../../support/tools';

/** Only what the command needs of this process. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: process.env['HOME'] });
const doctor = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runCommand(doctorCommand, args, { env: { ...environment(), ...env } });

test('the program has the command', () => {
  const args = ['cli/run.mjs', 'cli/main.ts', 'doctor', 'qa'];
  const { status, stderr } = spawnSync(process.execPath, args, { env: environment(), encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('not "qa"');
});

test.each([
  [['qa'], 'Give one environment of ops, staging, production, not "qa".'],
  [[], 'Give one environment of ops, staging, production, not "".'],
  [['ops', '--fix'], "Unknown option '--fix'"],
])('%j is wrong usage', async (args, reason) => {
  const { code, stdout, stderr } = await doctor(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
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
    const { code, stderr } = await doctor(['staging'], await aws.environment('333333333333'));
    expect(code).toBe(1);
    expect(stderr).toContain('These are credentials of 333333333333, not of 222222222222; set AWS_PROFILE');
  });

  test('every check of an empty account is reported, and none as passed that could not be asked', async () => {
    const { code, stdout } = await doctor(['staging', '--json'], await aws.environment('222222222222'));
    const results = JSON.parse(stdout) as readonly { name: string; is: string; found: string; fix?: string }[];
    expect(code).toBe(1);
    expect(results.find(({ name }) => name.startsWith('state bucket'))).toMatchObject({ is: 'failed' });
    expect(results.find(({ name }) => name === 'parameter /boundless/ami/manager/latest')).toMatchObject({
      is: 'unknown',
    });
    for (const { is, fix } of results) expect(is === 'ok' || (fix ?? '') !== '').toBe(true);
  });
});
