import { imageKinds, reconcilePositionName } from '../../../../config/names';
import type { Pages } from '../../../../lambda/packer-ami-sharing/run';
import { Crash, type MemoryCall } from '../memory-aws';
import { ec2Error, environment, opsAccount } from '../support';
import { ThrottledAws } from './throttled-aws';

const [first, second, added] = ['222222222222', '333333333333', '444444444444'] as const;
const accounts = [first, second, added];
const reconcile = { command: 'reconcile' };
/** 30 images that every run begins with, and 100 at a time of the others. */
const pages: Pages = { newest: 10, size: 100 };
/** Of it 240 s are kept: 110 s are enough for a few hundred images. */
const limit = 350;
const saved = { ...process.env };
let lines: string[];

beforeEach(() => {
  process.env = { ...saved, ...environment(accounts) };
  lines = [];
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

const withNewAccount = (images: number) => {
  const aws = new ThrottledAws(images, [first, second]);
  aws.account(added);
  return aws;
};
const run = (aws: ThrottledAws) => aws.timed(reconcile, limit, pages);
const position = (aws: ThrottledAws) => aws.account(opsAccount).parameters.get(reconcilePositionName);
/** From the newest image on, whether the new account has it. */
const isGiven = (aws: ThrottledAws) =>
  [...aws.images.values()].reverse().map(({ permissions }) => permissions.has(added));
const measured = (name: string) =>
  lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .flatMap((entry) => ('_aws' in entry && name in entry ? [Number(entry[name])] : []));
/** Calls of one action, as the account. */
function counted(aws: ThrottledAws, account: string, action: string): () => number {
  let calls = 0;
  const { before } = aws;
  aws.before = (call) => {
    calls += Number(call.account === account && call.action === action);
    return before(call);
  };
  return () => calls;
}
/** What EC2 or Parameter Store answers to some calls with. */
function failing(aws: ThrottledAws, which: (call: MemoryCall) => boolean, error: string): void {
  const { before } = aws;
  aws.before = (call) => {
    if (which(call)) throw ec2Error(error);
    return before(call);
  };
}

describe('a new account, and more images than there is time for', () => {
  test('gets the newest images at once, and the others in the next runs, each of which ends in time', async () => {
    const aws = withNewAccount(1000);
    const runs = [await run(aws)];
    const [{ result }] = runs as [(typeof runs)[number]];
    expect(result).toMatchObject({ failures: [], launchProblems: [] });
    expect(result.imagesLeft).toBeGreaterThan(400);
    for (const kind of imageKinds) {
      const newest = [...aws.images.values()].filter((image) => image.kind === kind).at(-1)!;
      expect(aws.pointer(added, kind)).toBe(newest.id);
      expect(aws.account(added).tags.get(newest.id)).toEqual(newest.tags);
    }
    // The last page was begun with, newest images first; nothing after it.
    const given = isGiven(aws);
    expect(given.slice(0, given.indexOf(false))).not.toContain(false);
    expect(given.lastIndexOf(true) - given.indexOf(false)).toBeLessThan(10);

    while (runs.at(-1)!.result.imagesLeft > 0 && runs.length < 10) runs.push(await run(aws));
    expect(runs.length).toBeGreaterThan(2);
    expect(runs.length).toBeLessThan(6);
    for (const { seconds } of runs) expect(seconds).toBeLessThan(limit - 100);
    const left = runs.map((one) => one.result.imagesLeft);
    expect(left).toEqual([...left].sort((one, other) => other - one));
    expect(measured('ImagesLeft')).toEqual(left);
    expect(isGiven(aws)).not.toContain(false);
    for (const { id, tags } of aws.images.values()) expect(aws.account(added).tags.get(id)).toEqual(tags);
    // The next round starts at the newest image, and finds nothing.
    expect(position(aws)).toBe('newest');
    expect((await run(aws)).result).toMatchObject({ driftFound: 0, failures: [] });
  });

  test('loses no image where a run is killed: the next one compares the same images again', async () => {
    const aws = withNewAccount(600);
    await run(aws);
    const before = position(aws);
    expect(before).toMatch(/^ami-[0-9a-f]{17} 2026-/);
    let changes = 0;
    aws.crashesAfter = ({ action }) => {
      changes += Number(action === 'ModifyImageAttribute');
      return changes === 20;
    };
    await expect(run(aws)).rejects.toThrow(Crash);
    aws.crashesAfter = () => false;
    expect(position(aws)).toBe(before);
    for (let runs = 0; runs < 4; runs += 1) await run(aws);
    expect(isGiven(aws)).not.toContain(false);
  });

  test('does not hide an image that becomes public meanwhile, on whichever side of the position it is', async () => {
    const aws = withNewAccount(600);
    await run(aws);
    const all = [...aws.images.values()];
    const opened = [all[0]!, all[500]!];
    for (const { permissions } of opened) permissions.add('all');
    expect((await run(aws)).result.publicImages).toEqual(opened.map(({ id }) => id).reverse());
    for (const { permissions } of opened) expect([...permissions]).not.toContain('all');
  });
});

test('a withdrawal that was cut short is finished though there are more public images than fit into a page', async () => {
  const aws = new ThrottledAws(200, accounts);
  const all = [...aws.images.values()];
  for (const { permissions } of all.slice(0, 90)) permissions.add('all');
  const half = all[199]!;
  half.tags.set('Withdrawn', 'bad').set('WithdrawalAnnounced', 'no');
  const { result } = await aws.timed(reconcile, 900, pages);
  expect(result.publicImages).toHaveLength(90);
  expect(all.filter(({ permissions }) => permissions.has('all'))).toEqual([]);
  expect(half.tags.get('WithdrawalAnnounced')).toBe('yes');
  expect(aws.events.filter(({ type }) => type === 'AMI Withdrawn')).toHaveLength(1);
});

test('a run without time succeeds, changes nothing, and reports how many images are left', async () => {
  const aws = withNewAccount(200);
  const { result } = await aws.timed(reconcile, 200, pages);
  expect(result).toMatchObject({ images: 30, imagesLeft: 200, driftRepaired: 0, failures: [] });
  expect(isGiven(aws)).not.toContain(true);
});

test('public images that there was no time for are counted as left, though there are no others', async () => {
  const aws = new ThrottledAws(15, accounts);
  for (const { permissions } of aws.images.values()) permissions.add('all');
  const { result } = await aws.timed(reconcile, 200, { newest: 1, size: 5 });
  expect(result).toMatchObject({ images: 5, imagesLeft: 15 });
  const isPublic = () => [...aws.images.values()].filter(({ permissions }) => permissions.has('all')).length;
  expect(isPublic()).toBe(15);
  expect((await aws.timed(reconcile, 900, { newest: 1, size: 5 })).result.imagesLeft).toBe(0);
  expect(isPublic()).toBe(0);
});

test('a page whose tags take longer than there is time for is left, and the next run writes the rest', async () => {
  const aws = new ThrottledAws(1500, accounts);
  aws.account(first).tags.clear();
  const large: Pages = { newest: 10, size: 1500 };
  const cut = await aws.timed(reconcile, limit, large);
  expect(cut.result).toMatchObject({ imagesLeft: 1470, failures: [] });
  expect(cut.seconds).toBeLessThan(130);
  const tagged = aws.account(first).tags.size;
  expect(tagged).toBeGreaterThan(100);
  expect(tagged).toBeLessThan(1500);
  for (let runs = 0; runs < 3; runs += 1) await aws.timed(reconcile, limit, large);
  expect(aws.account(first).tags.size).toBe(1500);
});

test('an ordinary run makes no call for its position', async () => {
  const aws = new ThrottledAws(300, accounts);
  const calls = counted(aws, opsAccount, 'GetParameters');
  expect((await aws.timed(reconcile)).result).toMatchObject({ images: 300, imagesLeft: 0 });
  expect(calls()).toBe(0);
});

test.each(['junk', 'ami-0123456789abcdef0 yesterday', ''])(
  'a position that is %j starts a new round',
  async (value) => {
    const aws = new ThrottledAws(60, accounts);
    aws.account(opsAccount).parameters.set(reconcilePositionName, value);
    expect((await aws.timed(reconcile, 900, pages)).result).toMatchObject({ images: 60, imagesLeft: 0, failures: [] });
  },
);

test('a position that cannot be read fails the run, which compares all images all the same', async () => {
  const aws = withNewAccount(60);
  failing(aws, ({ account, action }) => account === opsAccount && action === 'GetParameters', 'AccessDeniedException');
  await expect(aws.timed(reconcile, 900, pages)).rejects.toThrow('older images: AccessDeniedException');
  expect(isGiven(aws)).not.toContain(false);
});

test('an account that EC2 does not take is tried with the first images only', async () => {
  const aws = withNewAccount(600);
  const isRefused = ({ action, input }: MemoryCall) =>
    action === 'ModifyImageAttribute' && JSON.stringify(input['LaunchPermission']).includes(added);
  failing(aws, isRefused, 'InvalidAMIAttributeItemValue');
  const calls = counted(aws, opsAccount, 'ModifyImageAttribute');
  const reads = counted(aws, opsAccount, 'DescribeImageAttribute');
  const message = await aws.timed(reconcile, 900, pages).then(String, String);
  expect(message.split('\n')).toHaveLength(2);
  expect(message).toContain(`${added}: InvalidAMIAttributeItemValue`);
  expect(calls()).toBe(30);
  // Each image once, and once more the newest 100 of each kind, for the pointers.
  expect(reads()).toBeLessThan(600 + 2 * 300 + 10);
});

test('an account that cannot be reached is tried once, and hides nothing of the others', async () => {
  const aws = new ThrottledAws(600, accounts);
  const calls = counted(aws, opsAccount, 'AssumeRole');
  failing(
    aws,
    ({ action, input }) => action === 'AssumeRole' && String(input['RoleArn']).includes(added),
    'AccessDenied',
  );
  aws.account(first).tags.clear();
  await expect(aws.timed(reconcile, 900, pages)).rejects.toThrow(`${added}: AccessDenied`);
  expect(aws.account(first).tags.size).toBe(600);
  // Two accounts for each of 7 pages and the repair of the first one's tags; the third at the start, and by the pre-flight check.
  expect(calls()).toBeLessThan(40);
});
