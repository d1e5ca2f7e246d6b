import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import { functionEnvironment } from '../../support/function-environment';
import { Crash, MemoryAws, type MemoryImage } from './memory-aws';
import { ec2Error, environment } from './support';

const [staging, production] = ['222222222222', '333333333333'] as const;
const both = [staging, production];
let aws: MemoryAws;

const output = functionEnvironment(() => environment(both));
beforeEach(() => {
  aws = new MemoryAws();
});

const reconcile = () => aws.invoke({ command: 'reconcile' }) as Promise<ReconcileResult>;
const withdraw = ({ id }: MemoryImage) => aws.invoke({ command: 'withdraw', imageId: id, reason: 'bad' });
const publicImagesMeasured = () =>
  output.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .flatMap((entry) => ('_aws' in entry && 'PublicImages' in entry ? [Number(entry['PublicImages'])] : []));
const eventsOf = (type: string, { id }: MemoryImage) =>
  aws.events.filter((event) => event.type === type && JSON.stringify(event.detail).includes(id));
const throttled = () => ec2Error('RequestLimitExceeded');

describe('an image that was public', () => {
  let image: MemoryImage;
  beforeEach(() => {
    aws.shared('prover', both);
    image = aws.shared('prover', both);
    image.permissions.add('all');
  });
  const expectReported = () => {
    expect([...image.permissions]).toEqual(both);
    expect(Math.max(...publicImagesMeasured())).toBe(1);
    expect(aws.events.map(({ detail }) => detail['publicImages'])).toContainEqual([image.id]);
  };

  test('is reported though the run ends right after the repair', async () => {
    aws.crashesAfter = ({ action }) => action === 'ModifyImageAttribute';
    await expect(reconcile()).rejects.toThrow(Crash);
    expectReported();
    // The next run finds nothing.
    aws.crashesAfter = () => false;
    await expect(reconcile()).resolves.toMatchObject({ publicImages: [], driftFound: 0 });
  });

  test('is reported though EC2 is throttled right after the repair', async () => {
    let repaired = false;
    aws.before = ({ action }) => {
      if (repaired && action === 'DescribeImages') throw throttled();
      repaired ||= action === 'ModifyImageAttribute';
    };
    await reconcile().catch(() => undefined);
    expectReported();
  });

  test('is no reason to move a pointer to an older one', async () => {
    await expect(reconcile()).resolves.toMatchObject({
      driftFound: 1,
      driftRepaired: 1,
      drift: [{ what: 'launch permissions', imageId: image.id, added: [], removed: ['all'] }],
    });
  });

  test('is made private and measured though the event bus takes nothing', async () => {
    aws.before = ({ action }) => (action === 'PutEvents' ? { Entries: [{ ErrorCode: 'InternalFailure' }] } : undefined);
    await expect(reconcile()).rejects.toThrow(/nothing was repaired but public access, since it can't be announced/);
    expect([...image.permissions]).toEqual(both);
    expect(publicImagesMeasured()).toContain(1);
  });
});

describe('drift', () => {
  let image: MemoryImage;
  beforeEach(() => {
    image = aws.shared('prover', both);
    image.permissions.delete(staging);
    aws.account(production).parameters.clear();
  });

  test('is repaired only once the event bus has taken it', async () => {
    aws.before = ({ action }) => (action === 'PutEvents' ? { Entries: [{ ErrorCode: 'InternalFailure' }] } : undefined);
    await expect(reconcile()).rejects.toThrow('EventRefusedError');
    expect([...image.permissions]).toEqual([production]);
    expect(aws.pointer(production, 'prover')).toBeUndefined();
    aws.before = () => undefined;
    await expect(reconcile()).resolves.toMatchObject({ driftFound: 2, driftRepaired: 2 });
    expect(eventsOf('AMI Drift Found', image)).toHaveLength(1);
    expect(aws.pointer(production, 'prover')).toBe(image.id);
  });

  test.each(['ModifyImageAttribute', 'PutParameter', 'PutEvents'])(
    'is announced though the run ends after %s, and the next one repairs the rest',
    async (last) => {
      aws.crashesAfter = ({ action }) => action === last;
      await expect(reconcile()).rejects.toThrow(Crash);
      const drift = aws.events.flatMap(({ detail }) => detail['drift']);
      expect(drift).toContainEqual({ what: 'launch permissions', imageId: image.id, added: [staging], removed: [] });
      expect(drift).toContainEqual({ what: 'pointer', accountId: production, kind: 'prover', to: image.id });
      aws.crashesAfter = () => false;
      await expect(reconcile()).resolves.toMatchObject({ failures: [] });
      expect([...image.permissions].sort()).toEqual(both);
      expect(aws.pointer(production, 'prover')).toBe(image.id);
    },
  );
});

describe('a withdrawal', () => {
  let older: MemoryImage;
  let bad: MemoryImage;
  beforeEach(() => {
    older = aws.shared('prover', both);
    bad = aws.shared('prover', both);
  });
  const expectWithdrawn = () => {
    expect(bad.tags.get('Withdrawn')).toBe('bad');
    expect(Date.parse(bad.deprecation ?? '')).toBeLessThan(Date.now() + 300_000);
    for (const account of both) expect(aws.pointer(account, 'prover')).toBe(older.id);
    expect(eventsOf('AMI Withdrawn', bad).length).toBeGreaterThanOrEqual(1);
  };
  const months = 90 * 24 * 3600_000;

  describe.each([
    ['never', undefined],
    ['later', new Date(Date.now() + months).toISOString()],
    ['long since', '2026-09-02T00:00:00.000Z'],
  ])('of an image that is deprecated %s', (_, deprecation) => {
    test.each(['CreateTags', 'PutParameter', 'PutEvents', 'EnableImageDeprecation'])(
      'is finished and announced though the first run ends after %s',
      async (last) => {
        if (deprecation !== undefined) bad.deprecation = deprecation;
        aws.crashesAfter = ({ action }) => action === last;
        // One that was deprecated long since is not deprecated again: its run comes to its end.
        const outcome = await withdraw(bad).catch((error: unknown) => error);
        const ends =
          last === 'EnableImageDeprecation' && deprecation !== undefined && Date.parse(deprecation) < Date.now();
        expect(outcome instanceof Crash).toBe(!ends);
        aws.crashesAfter = () => false;
        // Where the mark is not made yet, nothing was withdrawn: the operator withdraws it again.
        if (bad.tags.get('Withdrawn') === undefined) await withdraw(bad);
        await expect(reconcile()).resolves.toMatchObject({ failures: [] });
        expectWithdrawn();
        await expect(reconcile()).resolves.toMatchObject({ driftFound: 0 });
      },
    );
  });

  test.each(['CreateTags', 'PutParameter'])(
    'is announced though the run ends after %s, and an operator deprecates the image before the next one',
    async (last) => {
      aws.crashesAfter = ({ action }) => action === last;
      await expect(withdraw(bad)).rejects.toThrow(Crash);
      aws.crashesAfter = () => false;
      bad.deprecation = '2026-09-02T00:00:00.000Z';
      expect(eventsOf('AMI Withdrawn', bad)).toEqual([]);
      await expect(reconcile()).resolves.toMatchObject({ failures: [] });
      expectWithdrawn();
      expect(bad.tags.get('WithdrawalAnnounced')).toBe('yes');
      await expect(reconcile()).resolves.toMatchObject({ driftFound: 0 });
    },
  );

  test('is announced again where only its record is missing, and no more after that', async () => {
    aws.crashesAfter = ({ action }) => action === 'EnableImageDeprecation';
    await expect(withdraw(bad)).rejects.toThrow(Crash);
    aws.crashesAfter = () => false;
    for (let runs = 0; runs < 3; runs += 1) await reconcile();
    expect(eventsOf('AMI Withdrawn', bad)).toHaveLength(2);
  });

  test('that is taken back and done again is finished like the first one', async () => {
    await withdraw(bad);
    bad.tags.delete('Withdrawn');
    delete bad.deprecation;
    aws.crashesAfter = ({ action }) => action === 'CreateTags';
    await expect(withdraw(bad)).rejects.toThrow(Crash);
    aws.crashesAfter = () => false;
    bad.deprecation = '2026-09-02T00:00:00.000Z';
    await reconcile();
    expect(eventsOf('AMI Withdrawn', bad)).toHaveLength(2);
  });

  test('is announced though EC2 is throttled while pointers move, and reconcile moves them', async () => {
    aws.before = ({ action, input }) => {
      if (bad.tags.has('Withdrawn') && action === 'DescribeImages' && input['ImageIds'] === undefined)
        throw throttled();
    };
    await expect(withdraw(bad)).rejects.toThrow(/withdraw is not done:\n222222222222: RequestLimitExceeded/);
    aws.before = () => undefined;
    await reconcile();
    expectWithdrawn();
  });
});
