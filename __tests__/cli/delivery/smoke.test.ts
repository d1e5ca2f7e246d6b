import {
  GetCommandInvocationCommand,
  InvalidDocument,
  InvalidInstanceId,
  InvocationDoesNotExist,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readGroup, type GroupState, type GroupInstance } from '../../../cli/delivery/rollout/group';
import { smokeCommands } from '../../../cli/delivery/smoke/command';
import { deleteSmokeRecord, readSmokeRecord, writeSmokeRecord } from '../../../cli/delivery/smoke/record';
import { runSmoke, type SmokeProps } from '../../../cli/delivery/smoke/run-smoke';
import { smokeLimitMinutes } from '../../../config/contract';
import { smokeMinutes } from '../../../config/names';
import { temporaryFolder } from '../../scripts/support';

jest.mock('../../../cli/delivery/rollout/group');

const ssm = mockClient(SSMClient);
const instance: GroupInstance = { id: 'i-0manager', inService: true, healthy: true, version: '7' };
const group = (name: string, changes: Partial<GroupState> = {}): GroupState => ({
  name,
  desired: 1,
  version: '7',
  imageId: `ami-${name}`,
  instances: [instance],
  saved: { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '7' } },
  refreshes: [],
  ...changes,
});
let groups: Record<string, GroupState>;
const reports: string[] = [];
let slept = 0;

beforeEach(() => {
  reports.length = 0;
  slept = 0;
  ssm.reset();
  groups = {
    'prover-cluster-staging-manager': group('manager'),
    'prover-cluster-staging-prover': group('prover'),
  };
  jest.mocked(readGroup).mockImplementation((_, __, name) => Promise.resolve(groups[name]!));
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
});

const client = { region: 'us-west-2' };
const smoke = (changes: Partial<SmokeProps> = {}) =>
  runSmoke({
    environment: 'staging',
    client,
    proof: 'groth16',
    commands: smokeCommands('staging', client),
    report: (line) => void reports.push(line),
    dryRun: false,
    limitMinutes: 2,
    everySeconds: 10,
    sleep: (seconds) => Promise.resolve((slept += seconds)),
    ...changes,
  });
const invocation = (Status: string, more: object = {}) => ({
  Status: Status as 'Success',
  StatusDetails: Status,
  ...more,
});

test('one small proof, by the document of the cluster on its manager', async () => {
  ssm
    .on(GetCommandInvocationCommand)
    .rejectsOnce(new InvocationDoesNotExist({ message: 'not yet', $metadata: {} }))
    .resolvesOnce(invocation('InProgress'))
    .resolves(invocation('Success', { StandardOutputContent: 'STARK proof: job x\nthe smoke test passed\n' }));
  expect(await smoke()).toEqual({ outcome: 'passed', images: { manager: 'ami-manager', prover: 'ami-prover' } });
  expect(ssm.commandCalls(SendCommandCommand).map(({ args: [{ input }] }) => input)).toEqual([
    {
      DocumentName: 'prover-cluster-staging-smoke',
      InstanceIds: ['i-0manager'],
      TimeoutSeconds: 120,
      Comment: 'Smoke test of prover-cluster-staging',
    },
  ]);
  expect(reports).toEqual([
    'smoke test groth16: command c-1 on i-0manager',
    'smoke test: Pending, after 0 minutes',
    'smoke test: InProgress, after 0.2 minutes',
    'smoke test: Success, after 0.3 minutes',
    '  STARK proof: job x',
    '  the smoke test passed',
  ]);
});

describe('an image is not tested', () => {
  const manager = 'prover-cluster-staging-manager';
  const prover = 'prover-cluster-staging-prover';
  const line = 'prover did not run one image all the time, so none is recorded as tested';

  test('by a proof that an instance of the version before may have made', async () => {
    groups[prover] = group('prover', { instances: [instance, { ...instance, id: 'i-old', version: '6' }] });
    ssm.on(GetCommandInvocationCommand).resolves(invocation('Success'));
    expect((await smoke()).images).toEqual({ manager: 'ami-manager', prover: undefined });
    expect(reports.at(-1)).toBe(line);
  });

  test('by a proof during which another one came', async () => {
    ssm.on(GetCommandInvocationCommand).callsFake(() => {
      groups[prover] = group('prover', { imageId: 'ami-next' });
      return invocation('Success');
    });
    expect((await smoke()).images).toEqual({ manager: 'ami-manager', prover: undefined });
    expect(reports.at(-1)).toBe(line);
  });

  test('any less where an old instance is not in service any more', async () => {
    const leaving = { ...instance, id: 'i-old', version: '6', inService: false };
    groups[manager] = group('manager', { instances: [leaving, instance] });
    ssm.on(GetCommandInvocationCommand).resolves(invocation('Success'));
    expect((await smoke()).images).toEqual({ manager: 'ami-manager', prover: 'ami-prover' });
  });
});

test.each([
  ['the proof failed', 'Failed', { StandardOutputContent: 'groth16 compress failed' }, 'The images are not validated.'],
  ['the time of the command is over', 'ExecutionTimedOut', {}, 'failed (ExecutionTimedOut)'],
  ['the agent does not answer', 'Delivery Timed Out', {}, 'i-0manager did not take the command'],
  ['the instance has ended', 'Terminated', {}, 'i-0manager did not take the command'],
  [
    'the image is older than the smoke test',
    'Failed',
    { StandardErrorContent: 'the image of this instance has no smoke test: /x is missing' },
    'i-0manager runs an image of before the smoke test. Deploy one that was baked from this commit',
  ],
])('%s: not passed, with what to do', async (_, StatusDetails, more, reason) => {
  ssm.on(GetCommandInvocationCommand).resolves(invocation('Failed', { StatusDetails, ...more }));
  await expect(smoke()).rejects.toThrow(reason);
  for (const line of Object.values(more)) expect(reports).toContain(`  ${line}`);
});

test('a command that never ends is left after the limit, and reported each minute', async () => {
  ssm.on(GetCommandInvocationCommand).resolves(invocation('InProgress'));
  await expect(smoke()).rejects.toThrow(
    'has not ended after 2 minutes (InProgress).\nCommand c-1 on i-0manager goes on.',
  );
  expect(slept).toBe(120);
  expect(reports.slice(1)).toEqual([0, 1, 2].map((minute) => `smoke test: InProgress, after ${minute} minutes`));
});

test.each([
  ['prover', { desired: 0, instances: [] }, 'smoke test skipped: prover wants no instances'],
  ['manager', { desired: 0, instances: [] }, 'smoke test skipped: manager wants no instances'],
])('a cluster without a %s makes no proof, by name', async (role, changes, line) => {
  groups[`prover-cluster-staging-${role}`] = group(role, changes);
  expect(await smoke()).toMatchObject({ outcome: 'skipped' });
  expect(reports).toEqual([line]);
  expect(ssm.commandCalls(SendCommandCommand)).toEqual([]);
});

test('nor does one whose configuration wants none', async () => {
  expect(await smoke({ proof: null })).toMatchObject({ outcome: 'skipped' });
  expect(reports).toEqual(['smoke test skipped: smoke is null in config/staging.ts']);
});

test.each(['manager', 'prover'])('a %s that is wanted and not in service is no reason to skip it', async (role) => {
  for (const instances of [[], [{ ...instance, healthy: false }], [{ ...instance, inService: false }]]) {
    groups[`prover-cluster-staging-${role}`] = group(role, { instances });
    await expect(smoke()).rejects.toThrow(`${role} wants 1 instances, and none is in service and healthy`);
  }
  expect(ssm.commandCalls(SendCommandCommand)).toEqual([]);
});

test('a dry run names the document and the instance, and starts nothing', async () => {
  expect(await smoke({ dryRun: true })).toMatchObject({ outcome: 'would run' });
  expect(reports).toEqual(['would send prover-cluster-staging-smoke (groth16) to i-0manager']);
  expect(ssm.calls()).toEqual([]);
});

test.each([
  [
    new InvalidDocument({ message: '', $metadata: {} }),
    'deploy the stack staging of this commit, or set smoke to null',
  ],
  [
    new InvalidInstanceId({ message: 'not in a valid state', $metadata: {} }),
    'its agent does not answer: not in a valid',
  ],
  [
    Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }),
    'not authorized\nDeploy the stack staging',
  ],
  [new Error('of another kind'), 'of another kind'],
])('what Systems Manager refuses: %s', async (error, reason) => {
  ssm.on(SendCommandCommand).rejects(error);
  await expect(smoke()).rejects.toThrow(reason);
});

describe('the record that a validation asks for', () => {
  const folder = temporaryFolder();
  const images = { manager: 'ami-m', prover: 'ami-p' };
  const asked = { environment: 'staging', images };
  const again = 'so these images are not validated. Run it first: make smoke ENV=staging.';

  test('there is none before a smoke test', async () => {
    await expect(readSmokeRecord(folder, asked)).rejects.toThrow(`No smoke test of staging has run here, ${again}`);
  });

  test.each(['passed', 'skipped'] as const)('one that %s', async (outcome) => {
    await writeSmokeRecord(folder, { environment: 'staging', outcome, images });
    expect(await readSmokeRecord(folder, asked)).toBe(outcome);
  });

  test('one of before a test that has begun, and may fail', async () => {
    await writeSmokeRecord(folder, { ...asked, outcome: 'passed' });
    await deleteSmokeRecord(folder);
    await deleteSmokeRecord(folder);
    await expect(readSmokeRecord(folder, asked)).rejects.toThrow('No smoke test of staging has run here');
  });

  test.each([
    [{ images: { ...images, prover: 'ami-old' } }, 'The last smoke test was of staging with ami-m and ami-old'],
    [{ images: { ...images, manager: undefined } }, 'The last smoke test was of staging with no image and ami-p'],
    [{ environment: 'production' }, 'The last smoke test was of production with ami-m and ami-p'],
  ])('one of others: %j', async (changes, what) => {
    await writeSmokeRecord(folder, { ...asked, outcome: 'passed', ...changes });
    await expect(readSmokeRecord(folder, asked)).rejects.toThrow(`${what}, ${again}`);
  });

  test.each(['{}', '{"outcome":"failed"}', 'junk'])('one that is %s', async (text) => {
    writeFileSync(path.join(folder, 'smoke.json'), text);
    await expect(readSmokeRecord(folder, asked)).rejects.toThrow('smoke.json is no record of a smoke test');
  });
});

test('limits: the test times out first, then its unit, then the document, then the build that waits for it', () => {
  const read = (file: string, pattern: RegExp) => Number(pattern.exec(readFileSync(file, 'utf8'))?.[1]);
  const test = smokeLimitMinutes * 60;
  const unit = read('service_files/bento-smoke@.service', /^TimeoutStartSec=(\d+)min$/m) * 60;
  const document =
    (test / 60 + read('constructs/account/smoke-document.ts', /limitSeconds = \(smokeLimitMinutes \+ (\d+)\) \* 60;/)) *
    60;
  const waits = smokeMinutes * 60;
  // bento_boot waits for the API within the first limit.
  expect([test, unit, document, waits]).toEqual([test, unit, document, waits].sort((one, other) => one - other));
  expect(new Set([test, unit, document, waits]).size).toBe(4);
});
