import { imageKinds, reconcilePositionName } from '../../../../config/names';
import type { ReconcileResult } from '../../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import type { Pages } from '../../../../lambda/packer-ami-sharing/run';
import { MemoryAws, type MemoryImage } from '../memory-aws';
import { ec2Error, environment, opsAccount } from '../support';

const [first, added, later] = ['222222222222', '333333333333', '444444444444'] as const;
const pages: Pages = { newest: 1, size: 4 };
const saved = { ...process.env };
let aws: MemoryAws;
let images: MemoryImage[];

beforeEach(() => {
  process.env = { ...saved, ...environment([first, added]) };
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  aws = new MemoryAws();
  images = Array.from({ length: 40 }, (_, n) => aws.shared(imageKinds[n % imageKinds.length]!, [first]));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

/** A run that has time for so many changes of permissions. */
const run = (changes = Infinity): Promise<ReconcileResult> => {
  let made = 0;
  const { before } = aws;
  aws.before = (call) => {
    made += Number(call.action === 'ModifyImageAttribute');
    return before(call);
  };
  const result = aws.invoke({ command: 'reconcile' }, { pages, secondsLeft: () => (made >= changes ? 100 : 900) });
  return (result as Promise<ReconcileResult>).finally(() => (aws.before = before));
};
const runs = async (changes?: number): Promise<number> => {
  for (let count = 1; count < 30; count += 1) if ((await run(changes)).imagesLeft === 0) return count;
  throw new Error('it never ends');
};
const position = () => aws.account(opsAccount).parameters.get(reconcilePositionName);
const without = (account: string) =>
  images.filter(({ state, permissions }) => state === 'available' && !permissions.has(account)).map(({ id }) => id);

test('a round goes on after an image that was deregistered meanwhile', async () => {
  await run(10);
  const at = images.find(({ id }) => position()?.startsWith(id))!;
  aws.deregister(at);
  expect(await runs(10)).toBeGreaterThan(1);
  expect(without(added)).toEqual([]);
});

test('images of the same creation date are each compared', async () => {
  for (const { created } of images) created.setTime(Date.parse('2026-09-01T16:10:00.000Z'));
  expect(await runs(10)).toBeGreaterThan(2);
  expect(without(added)).toEqual([]);
});

test('an account that is new while a round is half way has its newest images at once, and all after the next round', async () => {
  await run(10);
  process.env = { ...process.env, ...environment([first, added, later]) };
  await run(10);
  const newest = images.slice(-imageKinds.length);
  for (const { id, kind } of newest) expect(aws.pointer(later, kind)).toBe(id);
  await runs(10);
  await runs(10);
  expect([...without(added), ...without(later)]).toEqual([]);
});

test('two runs at once leave no image out', async () => {
  await run(10);
  await Promise.allSettled([run(8), run(14)]);
  await runs(10);
  expect(without(added)).toEqual([]);
});

test('a position that cannot be written fails the run, and no image is left out', async () => {
  aws.before = ({ account, action }) => {
    if (account === opsAccount && action === 'PutParameter') throw ec2Error('AccessDeniedException');
  };
  await expect(run(10)).rejects.toThrow('older images: AccessDeniedException');
  aws.before = () => undefined;
  await runs(10);
  expect(without(added)).toEqual([]);
});

test('a pointer finds its image though the newest 100 of its kind were withdrawn, and so does a new account', async () => {
  const good = images.at(-1)!;
  for (let n = 0; n < 120; n += 1) {
    const image = aws.shared(good.kind, [first]);
    image.tags.set('Withdrawn', 'bad').set('WithdrawalAnnounced', 'yes');
    image.deprecation = '2026-09-02T00:00:00.000Z';
  }
  await run();
  for (const account of [first, added]) expect(aws.pointer(account, good.kind)).toBe(good.id);
});

test('a withdrawal of the oldest image that was cut short is finished by the next run, wherever it goes on', async () => {
  await run(10);
  images[0]!.tags.set('Withdrawn', 'bad').set('WithdrawalAnnounced', 'no');
  await run(10);
  expect(images[0]!.tags.get('WithdrawalAnnounced')).toBe('yes');
});
