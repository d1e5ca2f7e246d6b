import type { Call, Decide } from '../../../lab/local-aws/fault-proxy';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import { functionEnvironment } from '../../support/function-environment';
import { everythingToDo, stateOf } from './everything';
import { environment, serviceAccounts } from './memory/cloud';
import { retire } from './support';

const isRead = ({ action }: Call): boolean => /:(Describe|Get|AssumeRole)/.test(action);
const reports: readonly string[] = ['s3:PutObject', 'events:PutEvents'];

/** Every call of a run that has each thing to do goes wrong once. */
describe('faults at every call', () => {
  const output = functionEnvironment(() => environment(serviceAccounts.slice(0, 1)));
  let clean: readonly Call[] = [];
  let wanted: unknown;
  let before: unknown;

  beforeEach(async () => {
    // The SDK waits for a random part of its back-off: none of it.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    if (clean.length > 0) return;
    const cloud = everythingToDo();
    before = stateOf(cloud);
    const { calls, error } = await cloud.invoke(retire);
    expect(error).toBeUndefined();
    clean = calls;
    wanted = stateOf(cloud);
  });

  /** The call after which the run decides, and changes things: until there it only looks around. */
  const firstChange = () => clean.findIndex(({ action }) => action === 'ec2:DescribeSnapshots') + 1;

  /** The first of the calls of each action and role. */
  const distinct = () =>
    clean.flatMap(({ action, role }, index) =>
      clean.findIndex((call) => call.action === action && call.role === role) === index ? index : [],
    );

  test('a run changes each thing, and the next one nothing', async () => {
    const cloud = everythingToDo();
    await cloud.invoke(retire);
    expect(stateOf(cloud)).not.toEqual(before);
    const { calls } = await cloud.invoke(retire);
    expect(stateOf(cloud)).toEqual(wanted);
    expect(calls.filter((call) => !isRead(call)).map(({ action }) => action)).toEqual(['s3:PutObject', 's3:PutObject']);
  });

  test('a source that is denied lets nothing be changed; report, metric and event name it', async () => {
    for (let bad = 0; bad < firstChange(); bad += 1) {
      const cloud = everythingToDo();
      const { error, calls } = await cloud.invoke(retire, {
        decide: (_, index) => (index === bad ? 'deny' : undefined),
      });
      expect({ call: clean[bad], name: error?.name }).toEqual({ call: clean[bad], name: 'SourcesFailedError' });
      expect(calls.filter((call) => !isRead(call) && !reports.includes(call.action))).toEqual([]);
      expect(stateOf(cloud)).toEqual(before);
      const { failedSources } = cloud.report.summary;
      expect(failedSources).toHaveLength(1);
      expect(failedSources[0]?.error).toMatch(/^(UnauthorizedOperation|AccessDenied)/);
      expect(cloud.events).toMatchObject([{ type: 'AMI Retirement Report', detail: { failedSources } }]);
      expect(output.lines.join()).toContain('"CleanupFailures"');
    }
  });

  test('what stays throttled lets nothing be changed', async () => {
    const actions = new Set(clean.slice(0, firstChange()).map(({ action }) => action));
    for (const action of actions) {
      const cloud = everythingToDo();
      const decide: Decide = (call) => (call.action === action ? 'throttle' : undefined);
      const { error } = await cloud.invoke(retire, { decide, maxAttempts: 2 });
      expect({ action, name: error?.name }).toEqual({ action, name: 'SourcesFailedError' });
      expect(stateOf(cloud)).toEqual(before);
    }
  });

  test('an answer without its list, or whose pages lead in a circle, is not an empty one', async () => {
    const lists = [...new Set(clean.slice(0, firstChange()).map(({ action }) => action.split(':')[1] ?? ''))].filter(
      (action) => action.startsWith('Describe'),
    );
    expect(lists.length).toBe(15);
    for (const action of lists) {
      const cloud = everythingToDo();
      cloud.instead = (called) => (called === action ? {} : undefined);
      expect({ action, name: (await cloud.invoke(retire)).error?.name }).toEqual({
        action,
        name: 'SourcesFailedError',
      });
      expect(stateOf(cloud)).toEqual(before);
    }
    const cloud = everythingToDo();
    cloud.instead = (called) => (called === 'DescribeInstances' ? { Reservations: [], NextToken: 'again' } : undefined);
    expect((await cloud.invoke(retire)).error?.message).toContain('its pages lead in a circle');
    expect(stateOf(cloud)).toEqual(before);
  });

  test('parameters that are missing in an answer are not taken for unused ones', async () => {
    const cloud = everythingToDo();
    cloud.instead = (called) => (called === 'GetParameters' ? { Parameters: [], InvalidParameters: [] } : undefined);
    expect((await cloud.invoke(retire)).error?.name).toBe('SourcesFailedError');
    expect(stateOf(cloud)).toEqual(before);
  });

  // A session ends in a service account; a lost answer is of interest where something was changed.
  test.each<[Fault, (call: Call) => boolean]>([
    ['throttle', () => true],
    ['expire', ({ role }) => role !== undefined],
    ['lose', (call) => !isRead(call)],
  ])('a call that meets "%s" is repeated within the run, or by its retry', async (fault, meets) => {
    for (const bad of distinct().filter((index) => meets(clean[index]!))) {
      const cloud = everythingToDo();
      await cloud.invoke(retire, { decide: (_, index) => (index === bad ? fault : undefined) });
      const { error } = await cloud.invoke(retire);
      expect({ call: clean[bad], error }).toEqual({ call: clean[bad], error: undefined });
      expect({ call: clean[bad], state: stateOf(cloud) }).toEqual({ call: clean[bad], state: wanted });
    }
  });

  test('a change that is denied fails the run and stops no other, and the retry does it', async () => {
    for (let bad = firstChange(); bad < clean.length; bad += 1) {
      const cloud = everythingToDo();
      const { error } = await cloud.invoke(retire, { decide: (_, index) => (index === bad ? 'deny' : undefined) });
      expect({ call: clean[bad], failed: error instanceof Error }).toEqual({ call: clean[bad], failed: true });
      if (error?.name === 'RetirementIncompleteError')
        expect(cloud.report.summary.problems.join()).toMatch(/UnauthorizedOperation/);
      expect((await cloud.invoke(retire)).error).toBeUndefined();
      expect({ call: clean[bad], state: stateOf(cloud) }).toEqual({ call: clean[bad], state: wanted });
    }
  });

  test('a crash between any two calls leaves nothing that the next run does not finish', async () => {
    for (let last = firstChange(); last < clean.length; last += 1) {
      const cloud = everythingToDo();
      await cloud.invoke(retire, { decide: (_, index) => (index >= last ? 'deny' : undefined) });
      expect((await cloud.invoke(retire)).error).toBeUndefined();
      expect({ call: clean[last], state: stateOf(cloud) }).toEqual({ call: clean[last], state: wanted });
    }
  });

  test('a run whose time ends changes no more, and the next one goes on', async () => {
    for (const allowed of [0, 1, 3]) {
      const cloud = everythingToDo();
      let looks = 0;
      const { error } = await cloud.invoke(retire, { secondsLeft: () => (looks++ < allowed ? 900 : 60) });
      expect(error).toBeUndefined();
      expect(cloud.report.images.flatMap(({ reasons }) => reasons)).toContain(
        'the time of the run ended; the next one does it',
      );
      await cloud.invoke(retire);
      expect(stateOf(cloud)).toEqual(wanted);
    }
  });

  test('a dry run calls nothing that changes, and reports what the real one then does', async () => {
    const cloud = everythingToDo();
    const { calls, error } = await cloud.invoke({ ...retire, dryRun: true });
    expect(error).toBeUndefined();
    expect(calls.filter((call) => !isRead(call)).map(({ action }) => action)).toEqual(['s3:PutObject', 's3:PutObject']);
    expect(stateOf(cloud)).toEqual(before);
    expect(cloud.events).toEqual([]);
    const dry = cloud.reports.get('dry-run/latest.json') as typeof cloud.report;
    await cloud.invoke(retire);
    expect({ ...cloud.report.summary, dryRun: true }).toEqual(dry.summary);
    expect(cloud.report.images).toEqual(dry.images);
    expect(cloud.report.leftovers).toEqual(dry.leftovers);
  });
});
