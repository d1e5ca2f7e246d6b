import { allEnded } from '../../lab/common/all-ended';

test('a failure is known once everything has ended', async () => {
  let endSlow: (value: string) => void = () => undefined;
  const slow = new Promise<string>((resolve) => (endSlow = resolve));
  let known = false;
  const all = allEnded([Promise.reject(new Error('first')), slow]).finally(() => (known = true));
  const failure = all.catch((error: unknown) => error);
  await new Promise(setImmediate);
  expect(known).toBe(false);
  endSlow('second');
  expect(await failure).toEqual(new Error('first'));
});

test('results have the order of the work', async () => {
  expect(await allEnded([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});
