import { NotAppliedError, reconcile, type Setting } from '../../../cli/bootstrap/setting';

/** A setting that reads as it was for some reads after it was set. */
function slow(readsUntilSeen: number): Setting {
  let reads = -1;
  return {
    name: 'versioning',
    desired: 'Enabled',
    current: () => Promise.resolve(reads >= 0 && reads++ >= readsUntilSeen ? 'Enabled' : 'Suspended'),
    apply: () => {
      reads = 0;
      return Promise.resolve();
    },
  };
}

async function reconciled(setting: Setting) {
  const [pauses, lines]: [number[], string[]] = [[], []];
  const pause = (milliseconds: number) => Promise.resolve(pauses.push(milliseconds));
  const options = { dryRun: false, report: (line: string) => lines.push(line), pause };
  const result: unknown = await reconcile([setting], options).catch((error: unknown) => error);
  return { result, pauses, lines };
}

test.each([
  [0, []],
  [1, [500]],
  [5, [500, 1000, 2000, 4000, 8000]],
])('a setting that reads right after %d more reads is set', async (reads, pauses) => {
  const lines = ['changed       versioning: Suspended -> Enabled'];
  expect(await reconciled(slow(reads))).toEqual({ result: 1, pauses, lines });
});

test('a setting that never reads right is an error in the end', async () => {
  const { result, pauses, lines } = await reconciled(slow(Infinity));
  expect(result).toBeInstanceOf(NotAppliedError);
  expect(String(result)).toBe(
    'NotAppliedError: versioning was set to Enabled, and reads Suspended; run the command again, and look for a policy that forbids it',
  );
  expect(pauses).toHaveLength(5);
  expect(lines).toEqual(['failed        versioning']);
});

test('a setting that fails is named, and none after it is changed', async () => {
  const denied = new Error('AccessDenied');
  const { result, lines } = await reconciled({ ...slow(0), apply: () => Promise.reject(denied) });
  expect(result).toBe(denied);
  expect(lines).toEqual(['failed        versioning']);
});
