import fc from 'fast-check';
import type { ImageFacts, RetirementRules, Use, Uses } from '../../../../lambda/packer-ami-cleanup/decide/facts';

export const day = 24 * 3600 * 1000;
export const now = Date.parse('2026-12-01T00:00:00Z');

export const rules: RetirementRules = {
  keepNewest: 5,
  minimumAgeDays: 30,
  lastLaunchedDays: 30,
  supersededDays: 14,
  deprecatedDays: 30,
  disabledDays: 30,
  changesPerRun: 1000,
};

/** An image of the factory, 300 days old, that nothing speaks for. */
export const image = (imageId: string, changes: Partial<ImageFacts> = {}): ImageFacts => ({
  imageId,
  name: `boundless-manager-v1.2.2-${imageId}`,
  family: 'manager ops',
  created: now - 300 * day,
  state: 'available',
  isWithdrawn: false,
  isComplete: true,
  isProtected: false,
  isProtectedHere: false,
  snapshotIds: [`snap-${imageId}`],
  gib: 64,
  ...changes,
});

/** So many images of one family, the first the newest, a day apart, and all old enough. */
export const line = (count: number, changes: Partial<ImageFacts> = {}): readonly ImageFacts[] =>
  Array.from({ length: count }, (_, index) =>
    image(`ami-${String(index).padStart(4, '0')}`, { created: now - (300 + index) * day, ...changes }),
  );

export const use: Use = { accountId: '222222222222', what: 'instance', resource: 'i-1' };
export const usedBy = (...imageIds: readonly string[]): Uses => new Map(imageIds.map((id) => [id, [use]]));

const time = (days: number) => fc.integer({ min: -days, max: 5 }).map((offset) => now + offset * day);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

/** Any image that EC2 may show, sensible or not. */
const anyImage: fc.Arbitrary<ImageFacts> = fc
  .record({
    family: fc.constantFrom('manager ops', 'prover ops', 'prover staging'),
    created: fc.oneof({ weight: 9, arbitrary: time(400) }, { weight: 1, arbitrary: fc.constant(NaN) }),
    state: fc.constantFrom('available', 'available', 'available', 'disabled', 'disabled', 'pending', 'failed'),
    deprecatedAt: maybe(time(200)),
    disabledAt: maybe(time(200)),
    undoneAt: maybe(time(200)),
    lastLaunchedAt: maybe(time(400)),
    isWithdrawn: fc.boolean(),
    isComplete: fc.boolean(),
    keep: fc.option(fc.constantFrom('', 'until March'), { nil: undefined, freq: 1 }),
    isProtected: fc.boolean(),
    isProtectedHere: fc.boolean(),
  })
  .map((facts) => image('', withoutUndefined(facts)));

const withoutUndefined = (facts: object): Partial<ImageFacts> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

export const anyImages = fc
  .array(anyImage, { maxLength: 40 })
  .map((images) => images.map((one, index) => ({ ...one, imageId: `ami-${String(index).padStart(4, '0')}` })));

export const anyRules: fc.Arbitrary<RetirementRules> = fc.record({
  keepNewest: fc.integer({ min: 1, max: 8 }),
  minimumAgeDays: fc.integer({ min: 1, max: 60 }),
  lastLaunchedDays: fc.integer({ min: 1, max: 60 }),
  supersededDays: fc.integer({ min: 0, max: 60 }),
  deprecatedDays: fc.integer({ min: 1, max: 60 }),
  disabledDays: fc.integer({ min: 1, max: 60 }),
  changesPerRun: fc.integer({ min: 1, max: 50 }),
});

/** Uses of some of 40 images, and of images that are not there. */
export const anyUses: fc.Arbitrary<Uses> = fc
  .uniqueArray(fc.integer({ min: 0, max: 45 }), { maxLength: 20 })
  .map((indexes) => usedBy(...indexes.map((index) => `ami-${String(index).padStart(4, '0')}`)));
