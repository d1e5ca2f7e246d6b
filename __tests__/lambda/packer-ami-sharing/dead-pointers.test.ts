import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import type { PreflightResult } from '../../../lambda/packer-ami-sharing/commands/on-command';
import { validatedImagesName } from '../../../config/names';
import { functionEnvironment } from '../../support/function-environment';
import { MemoryAws, type MemoryCall } from './memory-aws';
import { ec2Error, environment, exportedBy, imageKeyArn } from './support';

const [staging, production] = ['222222222222', '333333333333'] as const;
const both = [staging, production];
let aws: MemoryAws;

const output = functionEnvironment(() => environment(both));
beforeEach(() => {
  aws = new MemoryAws();
});

const reconcile = () => aws.invoke({ command: 'reconcile' }) as Promise<ReconcileResult>;
const preflight = () => aws.invoke({ command: 'preflight' }) as Promise<PreflightResult>;
/** What both commands find, which must be the same. */
const problems = async () => {
  const { launchProblems } = await reconcile();
  expect((await preflight()).launchProblems).toEqual(launchProblems);
  return launchProblems;
};
const measured = (name: string) =>
  output.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .flatMap((entry) => ('_aws' in entry && name in entry ? [Number(entry[name])] : []));

describe('a pointer that names what cannot start', () => {
  test.each<[what: string, state: 'deregistered' | 'disabled', reason: string]>([
    ['that was deregistered', 'deregistered', 'was deregistered, or never existed'],
    ['that is disabled', 'disabled', 'is disabled'],
  ])('an image %s', async (_, state, reason) => {
    const image = aws.shared('prover', both);
    image.state = state;
    const found = await problems();
    expect(found.map(({ accountId, link }) => [accountId, link])).toEqual(both.map((id) => [id, 'pointer']));
    expect(found[0]).toMatchObject({
      problem: `/boundless/ami/prover/latest names "${image.id}", which ${reason}`,
      fix: expect.stringContaining('build a prover image') as unknown,
    });
    expect(measured('LaunchProblems')).toEqual([2, 2]);
  });

  test.each([
    ['no image id', 'junk', 'is no image id'],
    ['an image that never was', 'ami-00000000', 'was deregistered, or never existed'],
  ])('%s', async (_, value, reason) => {
    aws.point(staging, 'prover', 'latest', { id: value });
    aws.account(production);
    expect(await problems()).toMatchObject([
      { accountId: staging, problem: expect.stringContaining(reason) as unknown },
    ]);
  });

  test('an image that the account may not launch', async () => {
    const image = aws.bake('prover');
    image.built = false;
    for (const account of both) aws.account(account);
    aws.point(staging, 'prover', 'latest', image);
    expect(await problems()).toMatchObject([
      { accountId: staging, problem: expect.stringContaining('the account may not launch') as unknown },
    ]);
  });

  test('each of validated, and of the images that were validated together', async () => {
    const gone = aws.shared('manager', both);
    aws.shared('manager', both);
    const prover = aws.shared('prover', both);
    aws.deregister(gone);
    aws.point(staging, 'manager', 'validated', gone);
    aws.account(staging).parameters.set(validatedImagesName, JSON.stringify({ manager: gone.id, prover: prover.id }));
    expect((await problems()).map(({ accountId, problem, fix }) => [accountId, problem, fix])).toEqual(
      ['/boundless/ami/manager/validated', validatedImagesName].map((parameter) => [
        staging,
        `${parameter} names "${gone.id}", which was deregistered, or never existed`,
        `start the pipeline of the account's environment again: it writes ${parameter}`,
      ]),
    );
  });

  test('a pin, as well as the failure that it is', async () => {
    const image = aws.shared('prover', both);
    aws.point(staging, 'prover', 'pinned', image);
    aws.deregister(image);
    await expect(reconcile()).rejects.toThrow('PinUnusableError');
    const { launchProblems } = await preflight();
    expect(launchProblems.map(({ fix }) => fix)).toContainEqual(expect.stringContaining('make unpin'));
  });
});

test('pointers of one account that cannot be read hide nothing of another', async () => {
  const image = aws.shared('prover', both);
  aws.deregister(image);
  aws.before = ({ account, action }) => {
    if (account === staging && action === 'GetParameters') throw ec2Error('AccessDeniedException');
  };
  expect((await preflight()).launchProblems).toMatchObject([
    {
      accountId: staging,
      problem: expect.stringContaining("pointers can't be read: AccessDeniedException") as unknown,
    },
    { accountId: production, problem: expect.stringContaining(image.id) as unknown },
  ]);
});

test.each([
  ['Disabled', `aws kms enable-key --key-id ${imageKeyArn}`],
  ['PendingDeletion', `aws kms cancel-key-deletion --key-id ${imageKeyArn} && aws kms enable-key`],
])('an image key that is %s is a launch problem of every account', async (KeyState, fix) => {
  aws.shared('prover', both);
  aws.before = ({ action }) => (action === 'DescribeKey' ? { KeyMetadata: { KeyState } } : undefined);
  const found = await problems();
  expect(found.map(({ accountId, link }) => [accountId, link])).toEqual(both.map((id) => [id, 'key state']));
  for (const problem of found) expect(problem.fix).toContain(fix);
});

test('allowed images whose criterion has a further condition let only some images in', async () => {
  aws.shared('prover', both);
  const ImageCriteria = [{ ImageProviders: ['111111111111'], ImageNames: ['boundless-manager-*'] }];
  aws.before = ({ action }) =>
    action === 'GetAllowedImagesSettings' ? { State: 'enabled', ImageCriteria } : undefined;
  expect((await problems()).map(({ link }) => link)).toEqual(['allowed images', 'allowed images']);
});

test.each(['Project', 'ManagedBy'])('a public image that lost its tag %s is found by its name', async (tag) => {
  const image = aws.shared('prover', both);
  image.permissions.add('all').add('999999999999');
  image.tags.delete(tag);
  const { publicImages, refused } = await reconcile();
  expect(publicImages).toEqual([image.id]);
  expect(refused.map(({ imageId }) => imageId)).toEqual([image.id]);
  expect([...image.permissions]).toEqual(both);
  expect(Math.max(...measured('PublicImages'))).toBe(1);
});

describe('an image that was withdrawn while it was being pinned', () => {
  /** The withdrawal, between two calls of the pin. */
  const pinWhileWithdrawn = (at: (call: MemoryCall) => boolean) => {
    const [older, image] = [aws.shared('prover', both), aws.shared('prover', both)];
    let withdrawn: Promise<unknown> | undefined;
    aws.before = async (call) => {
      if (withdrawn !== undefined || !at(call)) return undefined;
      withdrawn = aws.invoke({ command: 'withdraw', imageId: image.id, reason: 'bad' });
      await withdrawn;
      return undefined;
    };
    const pinned = aws.invoke({ command: 'pin', accountId: staging, imageId: image.id });
    return { older, image, pinned };
  };

  test.each([
    ['before the pin is written', ({ input }: MemoryCall) => String(input['Name']).endsWith('/pinned')],
    ['before its role is assumed', ({ action }: MemoryCall) => action === 'AssumeRole'],
  ])('is not pinned: %s', async (_, at) => {
    const { older, pinned } = pinWhileWithdrawn(at);
    await expect(pinned).rejects.toThrow(/image is not withdrawn: found "bad"/);
    expect(aws.pointer(staging, 'prover', 'pinned')).toBeUndefined();
    expect(aws.pointer(staging, 'prover')).toBe(older.id);
  });
});

test.each([1, 2, 3])('an account that sees a new image only at look %d is waited for', async (looks) => {
  const image = aws.bake('prover');
  let seen = 0;
  aws.before = ({ account, action }) => {
    if (account !== staging || action !== 'CreateTags') return;
    seen += 1;
    if (seen < looks) throw ec2Error('InvalidAMIID.NotFound');
  };
  await expect(aws.invoke(exportedBy(image.id))).resolves.toMatchObject({ accounts: [{ pointer: 'moved' }, {}] });
});
