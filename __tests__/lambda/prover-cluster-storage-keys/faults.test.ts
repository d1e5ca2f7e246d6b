import { steps, type Step } from '../../../lambda/prover-cluster-storage-keys/event';
import type { Decide } from '../../../lab/local-aws/fault-proxy';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import { MemoryStorage } from './memory-storage';

const saved = { ...process.env };
/** Retries at once: what is tried is what the function does, not how long the SDK waits. */
const hasty = { retryMode: 'standard' as const, maxAttempts: 3 };

describe('faults at every call of a rotation', () => {
  let storage: MemoryStorage;
  /** How many calls each step makes where nothing goes wrong. */
  const counts = new Map<Step, number>();

  beforeAll(async () => {
    storage = new MemoryStorage();
    process.env = { ...saved, ...storage.environment() };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
    // The SDK waits for a random part of its back-off: none of it.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await storage.rotate();
    const token = await storage.begin();
    for (const step of steps) counts.set(step, (await storage.step(step, token)).calls.length);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });

  /** A rotation, one call of which goes wrong; then Secrets Manager begins it again, as it does after a failure. */
  async function withFault(step: Step, decide: Decide): Promise<readonly Error[]> {
    const { accessKeyId: before } = await storage.key('AWSCURRENT');
    const errors: Error[] = [];
    const token = await storage.begin();
    for (const each of steps) {
      const { error } = await storage.step(each, token, each === step ? decide : undefined, hasty);
      if (error === undefined) continue;
      errors.push(error);
      // Instances are never without a key that works, not for a moment.
      expect(await storage.keyIds()).toContain((await storage.key('AWSCURRENT')).accessKeyId);
      await storage.rotate(token);
      break;
    }
    const { accessKeyId } = await storage.key('AWSCURRENT');
    expect(accessKeyId).not.toBe(before);
    expect(await storage.labels()).toMatchObject({ [token]: ['AWSCURRENT'] });
    expect(await storage.keyIds()).toEqual([before, accessKeyId].sort());
    expect(await storage.files()).toEqual([]);
    return errors;
  }
  const places = () =>
    steps.flatMap((step) => Array.from({ length: counts.get(step) ?? 0 }, (_, at) => ({ step, at })));

  test('there are calls to disturb', () => {
    expect(Object.fromEntries(counts)).toEqual({ createSecret: 8, setSecret: 7, testSecret: 6, finishSecret: 8 });
  });

  test.each<Fault>(['break', 'lose'])('a call that meets "%s" is repeated, or the rotation is', async (fault) => {
    for (const { step, at } of places()) await withFault(step, (_, index) => (index === at ? fault : undefined));
  });

  test('after a crash between any two calls a repetition does the rest', async () => {
    for (const { step, at } of places())
      expect(await withFault(step, (_, index) => (index >= at ? 'deny' : undefined))).toHaveLength(1);
  });

  test('a first rotation that is cut short between any two calls is done by its repetition', async () => {
    // Without keys of before there is less to look at: 7 calls.
    for (let at = 0; at < 7; at += 1) {
      const fresh = new MemoryStorage();
      process.env = { ...saved, ...fresh.environment() };
      const token = await fresh.begin();
      const cut = await fresh.step('createSecret', token, (_, index) => (index >= at ? 'deny' : undefined), hasty);
      expect({ at, failed: cut.error !== undefined }).toEqual({ at, failed: at < 7 });
      await fresh.rotate(token);
      expect(await fresh.keyIds()).toEqual([(await fresh.key('AWSCURRENT')).accessKeyId]);
    }
  });
});
