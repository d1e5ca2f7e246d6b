import { decide } from '../../../../lambda/packer-ami-cleanup/decide/decide';
import type { ImageFacts, Uses } from '../../../../lambda/packer-ami-cleanup/decide/facts';
import { day, image, line, now, rules, use, usedBy } from './support';

const old = (changes: Partial<ImageFacts>): ImageFacts => image('ami-old', { created: now - 400 * day, ...changes });
/** What is decided about one image that is older than five others. */
const onOld = (changes: Partial<ImageFacts>, uses: Uses = new Map()) =>
  decide([old(changes), ...line(5)], uses, rules, now).find((one) => one.image.imageId === 'ami-old');

const ago = (days: number): number => now - days * day;
const longDisabled = { state: 'disabled', deprecatedAt: ago(90), disabledAt: ago(31) };

describe('what is decided about an image that is one too many', () => {
  test.each<[string, Partial<ImageFacts>, string, string[], string[]]>([
    ['is deprecated', {}, 'superseded', ['deprecate'], []],
    ['waits for its time', { deprecatedAt: ago(29) }, 'deprecated', [], ['disable is due on 2026-12-02']],
    ['is disabled to the day', { deprecatedAt: ago(30) }, 'deprecated', ['disable'], []],
    ['is deregistered', longDisabled, 'disabled', ['deregister'], []],
    ['may be deprecated at a later date', { deprecatedAt: now + day }, 'superseded', ['deprecate'], []],
    ['is kept by a tag', { keep: 'audit' }, 'superseded', [], ['it has the tag Keep: audit']],
    ['is kept by a tag without a value', { keep: '' }, 'superseded', [], ['it has the tag Keep']],
    ['was launched', { lastLaunchedAt: ago(30) }, 'superseded', [], ['it was launched in the last 30 days']],
    ['was launched long ago', { lastLaunchedAt: ago(31) }, 'superseded', ['deprecate'], []],
    ['is young', { created: ago(29), isComplete: false }, 'superseded', [], ['it is younger than 30 days']],
    ['is being made', { state: 'pending' }, 'superseded', [], ['its state is pending']],
    ['has no date', { created: NaN }, 'superseded', [], ['its creation date is unknown']],
    [
      'is protected by others',
      { ...longDisabled, isProtected: true },
      'disabled',
      [],
      ['it has deregistration protection'],
    ],
  ])('%s', (_, changes, phase, actions, reasons) => {
    expect(onOld(changes)).toMatchObject({ phase, actions, reasons, isProblem: false });
  });

  test('is recorded where it was disabled without a record, and its time begins then', () => {
    expect(onOld({ state: 'disabled' })).toMatchObject({
      actions: ['record'],
      reasons: ['nothing shows since when it is disabled'],
    });
  });

  test('loses a record that an operator has enabled it in spite of', () => {
    expect(onOld({ disabledAt: ago(90) })?.actions).toEqual(['forget', 'deprecate']);
  });

  test('is a problem where it is used and cannot be launched', () => {
    expect(onOld(longDisabled, usedBy('ami-old'))).toMatchObject({
      actions: [],
      reasons: ['it is in use'],
      uses: [use],
      isProblem: true,
    });
  });
});

describe('the newest images', () => {
  test('of each kind are counted without those that cannot be launched', () => {
    const bad = [
      image('ami-a', { created: ago(31), isWithdrawn: true }),
      image('ami-b', { created: ago(32), isComplete: false }),
      image('ami-c', { created: ago(33), deprecatedAt: ago(1) }),
      image('ami-d', { created: ago(34), state: 'disabled', disabledAt: ago(1) }),
    ];
    const decisions = decide([...bad, ...line(5)], new Map(), rules, now);
    expect(decisions.filter(({ phase }) => phase === 'current').map((one) => one.image.imageId)).toEqual(
      line(5).map(({ imageId }) => imageId),
    );
  });
});

describe('deregistration protection', () => {
  const release: Uses = new Map([['ami-old', [{ ...use, isRelease: true }]]]);

  test.each<[string, Partial<ImageFacts>, Uses, string[]]>([
    ['is set on what is released', {}, release, ['protect']],
    ['stays while it is released', { isProtected: true, isProtectedHere: true }, release, []],
    ['of others stays', { isProtected: true }, new Map(), ['deprecate']],
    [
      'goes when it is released no longer',
      { isProtected: true, isProtectedHere: true },
      usedBy('ami-old'),
      ['unprotect'],
    ],
    ['is not set on what is only used', {}, usedBy('ami-old'), []],
  ])('%s', (_, changes, uses, actions) => {
    expect(onOld(changes, uses)?.actions).toEqual(actions);
  });
});

test('what frees something comes first where there is a cap, then the oldest', () => {
  const due = [
    image('ami-a', { created: ago(500) }),
    image('ami-b', { created: ago(501) }),
    image('ami-c', { created: ago(400), ...longDisabled }),
    image('ami-d', { created: ago(401), deprecatedAt: ago(60) }),
  ];
  const done = (changesPerRun: number) =>
    decide([...due, ...line(5)], new Map(), { ...rules, changesPerRun }, now)
      .filter(({ actions }) => actions.length > 0)
      .map((one) => one.image.imageId);
  expect([1, 2, 3, 4].map(done)).toEqual([
    ['ami-c'],
    ['ami-c', 'ami-d'],
    ['ami-b', 'ami-c', 'ami-d'],
    ['ami-a', 'ami-b', 'ami-c', 'ami-d'],
  ]);
});
