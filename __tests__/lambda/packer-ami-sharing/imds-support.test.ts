import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import { functionEnvironment } from '../../support/function-environment';
import { MemoryAws, type MemoryCall } from './memory-aws';
import { ec2Error, environment, exportedBy } from './support';

const accounts = ['222222222222', '333333333333'];
const [staging] = accounts as [string];
let aws: MemoryAws;
let calls: MemoryCall[];

functionEnvironment(() => environment(accounts));
beforeEach(() => {
  aws = new MemoryAws();
  calls = [];
  aws.before = (call) => void calls.push(call);
});

const reconcile = () => aws.invoke({ command: 'reconcile' }) as Promise<ReconcileResult>;
const isImdsSupport = ({ action, input }: MemoryCall) => action === 'ModifyImageAttribute' && 'ImdsSupport' in input;
const changesOf = (imageId: string) =>
  calls.flatMap(({ action, input }) =>
    action === 'ModifyImageAttribute' && input['ImageId'] === imageId
      ? Object.keys(input).filter((name) => name !== 'ImageId')
      : [],
  );
const refuseImdsSupport = (code: string) => {
  aws.before = (call) => {
    calls.push(call);
    if (isImdsSupport(call)) throw ec2Error(code);
  };
};
const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => String(error),
  );

test('an image that a build made requires IMDSv2 before any account can launch it', async () => {
  const image = aws.bake('manager');
  await aws.invoke(exportedBy(image.id));
  expect(image.imdsV2).toBe(true);
  expect(changesOf(image.id)).toEqual(['ImdsSupport', 'LaunchPermission']);
  expect(calls.find(isImdsSupport)?.input).toEqual({ ImageId: image.id, ImdsSupport: { Value: 'v2.0' } });
});

test('an image that requires IMDSv2 is not changed again', async () => {
  const image = aws.shared('manager', accounts);
  await aws.invoke(exportedBy(image.id));
  await reconcile();
  expect(changesOf(image.id)).toEqual([]);
});

test.each([
  ['UnauthorizedOperation', 1, true],
  // With the repetitions that `noWaits` has pauses for.
  ['RequestLimitExceeded', 3, false],
])(
  'an image for which EC2 answers %s is shared with nobody, and the error explains why',
  async (code, tries, permanent) => {
    const image = aws.bake('manager');
    refuseImdsSupport(code);
    expect(await messageOf(aws.invoke(exportedBy(image.id)))).toBe(
      `ImdsSupportError: ${image.id} is given to no further account: ModifyImageAttribute did not set ImdsSupport to v2.0, ` +
        `so that its instances could start without IMDSv2 (${code}: ${code} happened); ` +
        'let packer-ami-sharing-role do that, then redrive the event',
    );
    expect(changesOf(image.id)).toEqual(Array.from({ length: tries }, () => 'ImdsSupport'));
    expect([...image.permissions]).toEqual([]);
    expect(aws.pointer(staging, 'manager')).toBeUndefined();
    expect(aws.events).toEqual([
      {
        type: 'AMI Sharing Failed',
        detail: expect.objectContaining({ error: 'ImdsSupportError', permanent }) as unknown,
      },
    ]);
  },
);

test('a crash in between is made good by the next event', async () => {
  const image = aws.bake('manager');
  aws.crashesAfter = isImdsSupport;
  await expect(aws.invoke(exportedBy(image.id))).rejects.toThrow('ended after ModifyImageAttribute');
  aws.crashesAfter = () => false;
  await aws.invoke(exportedBy(image.id));
  expect([...image.permissions]).toEqual(accounts);
  expect(changesOf(image.id)).toEqual(['ImdsSupport', 'LaunchPermission']);
});

describe('reconcile', () => {
  test('announces and repairs an image whose instances could start without IMDSv2', async () => {
    const shared = aws.shared('manager', accounts);
    const lost = aws.bake('manager');
    shared.imdsV2 = false;
    const { driftFound, driftRepaired, drift } = await reconcile();
    expect([shared.imdsV2, lost.imdsV2]).toEqual([true, true]);
    expect([...lost.permissions]).toEqual(accounts);
    expect(drift).toContainEqual({ what: 'IMDSv2', imageId: shared.id });
    // Two of IMDSv2, the permissions of one image, and the tags and the pointer of each account.
    expect([driftFound, driftRepaired]).toEqual([7, 7]);
    expect(calls.findIndex(({ action }) => action === 'PutEvents')).toBeLessThan(calls.findIndex(isImdsSupport));
    expect(changesOf(lost.id)).toEqual(['ImdsSupport', 'LaunchPermission']);
  });

  test('changes nothing in a dry run', async () => {
    const image = aws.shared('manager', accounts);
    image.imdsV2 = false;
    const { drift } = (await aws.invoke({ command: 'reconcile', dryRun: true })) as ReconcileResult;
    expect(drift).toEqual([{ what: 'IMDSv2', imageId: image.id }]);
    expect([image.imdsV2, changesOf(image.id)]).toEqual([false, []]);
  });

  test('gives an image to no further account where EC2 refuses, still makes it private, and goes on with the others', async () => {
    const [refused, other] = [aws.shared('manager', [staging]), aws.shared('prover', [staging])];
    refused.imdsV2 = false;
    refused.permissions.add('all');
    refuseImdsSupport('UnauthorizedOperation');
    const message = await messageOf(reconcile());
    expect(message.split('\n')).toEqual([
      'CommandIncompleteError: reconcile is not done:',
      expect.stringMatching(`^${refused.id}: ImdsSupportError: `),
    ]);
    expect([...refused.permissions]).toEqual([staging]);
    expect([...other.permissions]).toEqual(accounts);
  });

  test('leaves images alone that are given to no further account', async () => {
    const [withdrawn, unproven] = [aws.shared('manager', accounts), aws.bake('manager')];
    withdrawn.tags.set('Withdrawn', 'bad');
    withdrawn.deprecation = '2026-09-02T00:00:00.000Z';
    withdrawn.imdsV2 = false;
    unproven.built = false;
    await messageOf(reconcile());
    expect([...changesOf(withdrawn.id), ...changesOf(unproven.id)]).toEqual([]);
  });
});
