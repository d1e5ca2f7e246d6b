import { InvalidInputException } from '@aws-sdk/client-codebuild';
import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import type { SharingResult } from '../../../lambda/packer-ami-sharing/result';
import { functionEnvironment } from '../../support/function-environment';
import { MemoryAws, type MemoryCall } from './memory-aws';
import { ec2Error, environment, exportedBy } from './support';

const [staging, production, closed] = ['222222222222', '333333333333', '444444444444'] as const;
const both = [staging, production];
let aws: MemoryAws;

functionEnvironment(() => environment(both));
beforeEach(() => {
  aws = new MemoryAws();
});

const reconcile = () => aws.invoke({ command: 'reconcile' }) as Promise<ReconcileResult>;
const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => String(error),
  );
/** The accounts that a call would give an image to. */
const added = ({ input }: MemoryCall): readonly unknown[] => {
  const { Add = [] } = (input['LaunchPermission'] ?? {}) as { readonly Add?: readonly { UserId?: string }[] };
  return Add.map(({ UserId }) => UserId);
};

describe('an account that EC2 does not take (any more)', () => {
  beforeEach(() => {
    process.env = { ...process.env, ...environment([staging, closed, production]) };
    aws.before = (call) => {
      if (call.action === 'ModifyImageAttribute' && added(call).includes(closed))
        throw Object.assign(ec2Error('InvalidAMIAttributeItemValue'), {
          message: `Invalid attribute item value "${closed}" for userId item type.`,
        });
    };
  });

  test('is named, and the others get the image', async () => {
    const image = aws.bake('manager');
    const message = await messageOf(aws.invoke(exportedBy(image.id)));
    expect(message).toMatch(new RegExp(`^SharingIncompleteError: ${image.id} is not published in 1 of 3 accounts:\n`));
    expect(message).toContain(`${closed}: InvalidAMIAttributeItemValue: Invalid attribute item value "${closed}"`);
    expect([...image.permissions]).toEqual(both);
    for (const account of both) {
      expect(aws.pointer(account, 'manager')).toBe(image.id);
      expect(aws.account(account).tags.get(image.id)).toEqual(image.tags);
    }
    const [{ type, detail }] = aws.events as [MemoryAws['events'][number]];
    expect(type).toBe('AMI Sharing Failed');
    expect((detail['accounts'] as SharingResult['accounts']).map(({ launchPermission }) => launchPermission)).toEqual([
      'added',
      'missing',
      'added',
    ]);
  });

  test('keeps no image public', async () => {
    const image = aws.shared('manager', both);
    image.permissions.add('all');
    expect(await messageOf(reconcile())).toContain(
      `${closed}: InvalidAMIAttributeItemValue: Invalid attribute item value "${closed}" for userId item type. ` +
        `(launch permission of ${image.id})`,
    );
    expect([...image.permissions]).toEqual(both);
  });

  test('is one line of a reconcile run, however many images there are', async () => {
    for (let images = 0; images < 7; images += 1) aws.shared('manager', both);
    const lines = (await messageOf(reconcile())).split('\n').filter((line) => line.startsWith(closed));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/and 2 more\)$/);
  });
});

test('throttling is not met again for each account', async () => {
  const image = aws.bake('manager');
  image.imdsV2 = true;
  let calls = 0;
  aws.before = ({ action }) => {
    if (action !== 'ModifyImageAttribute') return;
    calls += 1;
    throw ec2Error('RequestLimitExceeded');
  };
  expect(await messageOf(aws.invoke(exportedBy(image.id)))).toContain('2 of 2 accounts');
  // One call, and the repetitions that `noWaits` has pauses for.
  expect(calls).toBe(3);
});

test('an image whose permissions cannot be changed stops no tag and no pointer', async () => {
  const stuck = aws.shared('bento', both);
  const [withdrawn, good] = [aws.shared('manager', both), aws.shared('manager', both)];
  stuck.permissions.delete(staging);
  aws.account(staging).tags.delete(stuck.id);
  aws.account(staging).tags.get(good.id)?.delete('Image');
  withdrawn.tags.set('Withdrawn', 'bad');
  aws.point(staging, 'manager', 'latest', withdrawn);
  aws.before = ({ action, input }) => {
    if (action === 'ModifyImageAttribute' && input['ImageId'] === stuck.id) throw ec2Error('RequestLimitExceeded');
  };
  const message = await messageOf(reconcile());
  expect(message).toContain(`${staging}: RequestLimitExceeded: RequestLimitExceeded happened`);
  // Nothing else fails: above all no tags of an image that the account can't see.
  expect(message.split('\n')).toHaveLength(2);
  expect(aws.pointer(staging, 'manager')).toBe(good.id);
  expect(aws.account(staging).tags.get(good.id)).toEqual(good.tags);
});

test.each([1, 3, 4])(
  'a build that CodeBuild does not take, of image %d, hides no record of the others',
  async (number) => {
    const images = Array.from({ length: 4 }, () => aws.bake('manager'));
    const odd = images[number - 1]!;
    odd.tags.set('BuildId', 'packer-build-project:written by hand');
    aws.before = ({ action, input }) => {
      if (action === 'BatchGetBuilds' && (input['ids'] as string[]).some((id) => id.includes(' ')))
        throw new InvalidInputException({ message: 'Invalid build ID given', $metadata: {} });
    };
    const { failures, unproven } = await reconcile();
    expect([failures, unproven]).toEqual([[], [odd.id]]);
    for (const image of images) expect([...image.permissions]).toEqual(image === odd ? [] : both);
  },
);

describe('a pin that names an image which is gone', () => {
  let pinned: ReturnType<MemoryAws['bake']>;
  beforeEach(() => {
    pinned = aws.shared('prover', both);
    aws.point(staging, 'prover', 'pinned', pinned);
    aws.deregister(pinned);
  });

  test('stops neither the other kinds of its account nor tags, and they are announced and counted', async () => {
    const [older, newer] = [aws.shared('manager', both), aws.shared('manager', both)];
    aws.point(staging, 'manager', 'latest', older);
    aws.account(staging).tags.get(newer.id)?.delete('Image');
    const message = await messageOf(reconcile());
    expect(message).toContain(`${staging}: prover: PinUnusableError: /boundless/ami/prover/pinned of ${staging}`);
    expect(aws.pointer(staging, 'manager')).toBe(newer.id);
    expect(aws.account(staging).tags.get(newer.id)).toEqual(newer.tags);
    const drift = aws.events.flatMap(({ detail }) => detail['drift']);
    expect(drift).toEqual([
      { what: 'tags', accountId: staging, imageIds: [newer.id] },
      { what: 'pointer', accountId: staging, kind: 'manager', from: older.id, to: newer.id },
    ]);
  });
});

test('a pin on a deprecated image that the account may not launch is a failure with the right fix', async () => {
  const pinned = aws.shared('prover', both);
  aws.point(staging, 'prover', 'pinned', pinned);
  aws.account(staging).parameters.delete('/boundless/ami/prover/latest');
  pinned.permissions.delete(staging);
  pinned.deprecation = '2026-09-02T00:00:00.000Z';
  const message = await messageOf(reconcile());
  expect(message).toContain(`${staging}: prover: PointerNotMovedError: /boundless/ami/prover/latest does not name`);
  expect(message).toContain('where it is pinned and deprecated, unpin, or pin another one');
  expect([...pinned.permissions]).toEqual([production]);
});

describe('an image that was deregistered, and that lists show for a while', () => {
  let gone: ReturnType<MemoryAws['bake']>;
  beforeEach(() => {
    const good = aws.shared('manager', both);
    gone = aws.shared('manager', both);
    for (const account of both) aws.point(account, 'manager', 'latest', good);
    aws.before = (call) => {
      if (call.action !== 'DescribeImages' || call.account !== '111111111111') return undefined;
      if (call.input['ImageIds'] !== undefined) return undefined;
      const [state, permissions] = [gone.state, [...gone.permissions]];
      Object.assign(gone, { state: 'available' });
      const answer = aws.answerTo(call);
      Object.assign(gone, { state });
      for (const permission of permissions) gone.permissions.add(permission);
      return answer;
    };
    aws.deregister(gone);
  });

  test('stops no sharing of another', async () => {
    const other = aws.bake('manager');
    other.created.setFullYear(2025);
    await expect(aws.invoke(exportedBy(other.id))).resolves.toMatchObject({
      accounts: [{ pointer: 'kept-newer' }, { pointer: 'kept-newer' }],
    });
  });

  test('fails no reconcile run', async () => {
    await expect(reconcile()).resolves.toMatchObject({ failures: [], driftFound: 0 });
  });
});

test('an image that was just shared counts as shared, though one server of EC2 does not know yet', async () => {
  const older = aws.shared('prover', both);
  const newer = aws.bake('prover');
  let looks = 0;
  aws.before = ({ action, input }) => {
    if (action !== 'DescribeImageAttribute' || input['ImageId'] !== newer.id) return undefined;
    looks += 1;
    // Before the change, and afterwards: what comes then is of the past.
    return looks > 2 ? { LaunchPermissions: [] } : undefined;
  };
  await expect(aws.invoke(exportedBy(newer.id))).resolves.toMatchObject({
    accounts: [{ pointer: 'moved' }, { pointer: 'moved' }],
  });
  for (const account of both) expect(aws.pointer(account, 'prover')).toBe(newer.id);
  expect(older.id).not.toBe(newer.id);
});

test('what one attempt moved is announced, though it is the next one that ends well', async () => {
  const [older, newer] = [aws.shared('manager', both), aws.shared('manager', both)];
  aws.shared('prover', both);
  aws.account(staging).parameters.delete('/boundless/ami/prover/latest');
  aws.point(staging, 'manager', 'latest', older);
  let expired = false;
  aws.before = ({ account, action, input }) => {
    const isProver = String(input['Name']).includes('prover');
    if (account !== staging || action !== 'PutParameter' || !isProver || expired) return;
    expired = true;
    throw ec2Error('ExpiredTokenException');
  };
  await expect(reconcile()).resolves.toMatchObject({ driftFound: 2, driftRepaired: 2 });
  expect(aws.pointer(staging, 'manager')).toBe(newer.id);
});
