import type { Pages } from '../../../lambda/packer-ami-sharing/run';
import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import { functionEnvironment } from '../../support/function-environment';
import { MemoryAws, type InvocationOptions, type MemoryImage } from './memory-aws';
import { ec2Error, environment } from './support';

const [staging, production] = ['222222222222', '333333333333'] as const;
const both = [staging, production];
/** The newest image of each kind, then two at a time. */
const small: Pages = { newest: 1, size: 2 };
let aws: MemoryAws;

functionEnvironment(() => environment(both));
beforeEach(() => {
  aws = new MemoryAws();
});

const reconcile = (options: InvocationOptions = {}) =>
  aws.invoke({ command: 'reconcile' }, options) as Promise<ReconcileResult>;
const messageOf = (work: Promise<unknown>): Promise<string> => work.then(JSON.stringify, String);
const withoutStaging = (image: MemoryImage): MemoryImage => {
  image.permissions.delete(staging);
  return image;
};

describe.each(['BatchGetBuilds', 'DescribeSnapshots'])('%s that fails', (action) => {
  let older: MemoryImage;
  let newer: MemoryImage;
  beforeEach(() => {
    for (let images = 0; images < 6; images += 1) aws.shared('prover', both);
    [older, newer] = [aws.shared('manager', both), aws.shared('manager', both)];
    aws.before = (call) => {
      if (call.action === action) throw ec2Error('AccessDeniedException');
    };
  });

  test('keeps no image public and no pointer on a withdrawn image, and gives nothing to a stranger', async () => {
    const [opened] = [...aws.images.values()] as [MemoryImage];
    opened.permissions.add('all').add('999999999999');
    newer.tags.set('Withdrawn', 'bad');
    const message = await messageOf(reconcile({ pages: small }));
    expect(message).toContain('CommandIncompleteError');
    // One line, however many images it is about.
    expect(message.split('\n').filter((line) => line.includes('AccessDeniedException'))).toHaveLength(1);
    expect([...opened.permissions]).toEqual(both);
    for (const account of both) expect(aws.pointer(account, 'manager')).toBe(older.id);
  });

  test('does not hide the pages after it', async () => {
    const images = [...aws.images.values()];
    images[0]!.permissions.add('999999999999');
    expect(await messageOf(reconcile({ pages: small }))).toContain('AccessDeniedException');
    expect([...images[0]!.permissions]).toEqual(both);
  });

  test('gives no image to anybody that only it vouches for', async () => {
    const lost = aws.bake('bento');
    await messageOf(reconcile({ pages: small }));
    expect([...lost.permissions]).toEqual([]);
  });
});

test('an image that EC2 refuses to give to an account does not keep older ones from it', async () => {
  const images = [1, 2, 3, 4].map(() => withoutStaging(aws.shared('prover', both)));
  aws.before = ({ action, input }) => {
    if (action === 'ModifyImageAttribute' && input['ImageId'] === images.at(-1)!.id) throw ec2Error('InvalidRequest');
  };
  expect(await messageOf(reconcile({ pages: small }))).toContain(`${staging}: InvalidRequest`);
  for (const { permissions } of images.slice(0, 3)) expect([...permissions].sort()).toEqual(both);
});

test('a withdrawal is not finished by a run whose time ends before the pointers moved', async () => {
  const [older, bad] = [aws.shared('prover', both), aws.shared('prover', both)];
  bad.tags.set('Withdrawn', 'bad').set('WithdrawalAnnounced', 'no');
  let isOver = false;
  aws.before = ({ action }) => {
    isOver ||= action === 'PutEvents';
  };
  await expect(reconcile({ secondsLeft: () => (isOver ? 100 : 900) })).resolves.toMatchObject({ failures: [] });
  expect(aws.pointer(staging, 'prover')).toBe(bad.id);
  expect(aws.events.map(({ type }) => type)).toEqual(['AMI Drift Found']);
  expect(bad.tags.get('WithdrawalAnnounced')).toBe('no');
  isOver = false;
  aws.before = () => undefined;
  await reconcile();
  const [event] = aws.events.filter(({ type }) => type === 'AMI Withdrawn');
  expect(event?.detail['accounts']).toEqual(both.map((accountId) => ({ accountId, imageId: older.id })));
});

test('withdrawals that there is no time for are left, and counted', async () => {
  aws.shared('prover', both);
  const marked = [1, 2, 3].map(() => aws.shared('prover', both));
  for (const { tags } of marked) tags.set('Withdrawn', 'bad');
  const isFinished = ({ tags }: MemoryImage) => tags.get('WithdrawalAnnounced') === 'yes';
  const secondsLeft = () => (marked.some(isFinished) ? 100 : 900);
  const result = await reconcile({ secondsLeft });
  expect(marked.filter(isFinished)).toHaveLength(1);
  expect(result.imagesLeft).toBeGreaterThan(0);
  await expect(reconcile()).resolves.toMatchObject({ imagesLeft: 0 });
  expect(marked.filter(isFinished)).toHaveLength(3);
});

test('drift of as many accounts and images as an event names fits into one', async () => {
  const ids = (first: number) => Array.from({ length: 100 }, (_, n) => String(first + n));
  const [before, now] = [ids(200_000_000_000), ids(300_000_000_000)];
  process.env = { ...process.env, ...environment(now) };
  for (let images = 0; images < 100; images += 1) {
    const image = aws.bake('prover');
    image.imdsV2 = true;
    for (const id of before) image.permissions.add(id);
  }
  aws.before = ({ action, input }) => {
    // "The total entry size must be less than 256KB" (Amazon EventBridge User Guide, PutEvents entry size).
    const size = Buffer.byteLength(JSON.stringify(input['Entries'] ?? ''));
    if (action === 'PutEvents' && size > 256 * 1024) throw ec2Error('ValidationException');
  };
  expect(await messageOf(reconcile())).not.toContain('ValidationException');
});
