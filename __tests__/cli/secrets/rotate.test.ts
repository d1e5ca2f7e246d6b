import { rotateKey } from '../../../cli/secrets/rotate';

const now = new Date('2026-01-03T00:00:00Z');
const plain = { environment: 'staging', dryRun: false, again: false };

async function rotated(last: string | undefined, options = plain) {
  const rotations: string[] = [];
  const stored = {
    describe: () => Promise.resolve({ $metadata: {}, ...(last !== undefined && { LastRotatedDate: new Date(last) }) }),
    rotate: (name: string) => Promise.resolve(void rotations.push(name)),
  };
  const message = await rotateKey(stored, options, now).catch((error: unknown) => String(error));
  return { message, rotations };
}

test.each([undefined, '2026-01-01T21:59:59Z'])('a key that was last rotated at %s is rotated', async (last) => {
  expect(await rotated(last)).toEqual({
    message: expect.stringMatching(/^The rotation has begun/) as unknown,
    rotations: ['storage'],
  });
});

test('a second rotation within a day is refused: it would take the key that instances still work with', async () => {
  const last = '2026-01-01T22:00:01Z';
  expect(await rotated(last)).toEqual({
    message: expect.stringMatching(/The last rotation was 25 h ago.*Give --again.*Nothing was changed/) as unknown,
    rotations: [],
  });
  expect((await rotated(last, { ...plain, again: true })).rotations).toEqual(['storage']);
});

test('--dry-run refuses the same, and changes nothing', async () => {
  expect((await rotated('2026-01-02T23:00:00Z', { ...plain, dryRun: true })).message).toContain('1 h ago');
  expect(await rotated(undefined, { ...plain, dryRun: true })).toEqual({
    message: "The storage's key would be rotated; nothing was changed.",
    rotations: [],
  });
});
