import fc from 'fast-check';
import { changeOf, decide } from '../../../../lambda/packer-ami-cleanup/decide/decide';
import type { ImageFacts, RetirementRules } from '../../../../lambda/packer-ami-cleanup/decide/facts';
import { anyImages, anyRules, anyUses, day, image, line, now, rules } from './support';

const changed = (...args: Parameters<typeof decide>) =>
  decide(...args).filter((decision) => changeOf(decision) !== undefined);

describe('the decision about every image', () => {
  test('changes none that a source mentions, however old it is', () => {
    fc.assert(
      fc.property(anyImages, anyUses, anyRules, (images, uses, anyRule) => {
        for (const { image: one } of changed(images, uses, anyRule, now)) expect(uses.has(one.imageId)).toBe(false);
      }),
    );
  });

  test('changes none that is kept by a tag, too young, launched lately, or not at rest', () => {
    fc.assert(
      fc.property(anyImages, anyUses, anyRules, (images, uses, anyRule) => {
        for (const { image: one } of changed(images, uses, anyRule, now)) {
          expect(one.keep).toBeUndefined();
          expect(now - one.created).toBeGreaterThanOrEqual(anyRule.minimumAgeDays * day);
          if (one.lastLaunchedAt !== undefined)
            expect(now - one.lastLaunchedAt).toBeGreaterThan(anyRule.lastLaunchedDays * day);
          expect(['available', 'disabled']).toContain(one.state);
        }
      }),
    );
  });

  test('deregisters only what was recorded as disabled for long enough, and is not protected', () => {
    fc.assert(
      fc.property(anyImages, anyUses, anyRules, (images, uses, anyRule) => {
        for (const decision of changed(images, uses, anyRule, now)) {
          if (changeOf(decision) !== 'deregister') continue;
          const { state, disabledAt, isProtected, undoneAt } = decision.image;
          expect({ state, isProtected }).toEqual({ state: 'disabled', isProtected: false });
          const since = Math.max(disabledAt ?? Infinity, undoneAt ?? 0);
          expect(now - since).toBeGreaterThanOrEqual(anyRule.disabledDays * day);
        }
      }),
    );
  });

  test('does not depend on the order of images and uses', () => {
    const shuffled = anyImages.chain((images) =>
      fc.tuple(fc.constant(images), fc.shuffledSubarray(images, { minLength: images.length })),
    );
    fc.assert(
      fc.property(shuffled, anyUses, anyRules, ([images, others], uses, anyRule) => {
        const reversed = new Map([...uses].reverse());
        expect(decide(others, reversed, anyRule, now)).toEqual(decide(images, uses, anyRule, now));
      }),
    );
  });

  test('keeps the newest of each family, exactly so many, at every boundary', () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(sizes, anyRules, fc.boolean(), ([managers, provers], anyRule, sameDate) => {
        const family = (count: number, name: string) =>
          line(count).map((one) => ({
            ...one,
            imageId: `${one.imageId}-${name}`,
            family: name,
            created: sameDate ? now - 300 * day : one.created,
          }));
        const images = [...family(managers, 'manager ops'), ...family(provers, 'prover ops')];
        const all = changed(images, new Map(), { ...anyRule, changesPerRun: 1000 }, now);
        for (const [name, count] of [
          ['manager ops', managers],
          ['prover ops', provers],
        ] as const)
          expect(all.filter((decision) => decision.image.family === name)).toHaveLength(
            Math.max(0, count - anyRule.keepNewest),
          );
        if (sameDate) return;
        // None that goes is newer than one that stays.
        const gone = new Set(all.map((decision) => decision.image.imageId));
        for (const one of images)
          for (const other of images)
            if (one.family === other.family && gone.has(one.imageId) && !gone.has(other.imageId))
              expect(one.created).toBeLessThan(other.created);
      }),
    );
  });

  test('a further use takes nothing but its image out of what changes', () => {
    fc.assert(
      fc.property(anyImages, anyUses, anyRules, fc.nat(40), (images, uses, anyRule, index) => {
        const wide = { ...anyRule, changesPerRun: 1000 };
        const imageId = `ami-${String(index).padStart(4, '0')}`;
        const more = new Map([...uses, [imageId, [{ accountId: '1', what: 'instance', resource: 'i-2' }]]]);
        const ids = (some: typeof uses) => changed(images, some, wide, now).map((one) => one.image.imageId);
        expect(ids(more)).toEqual(ids(uses).filter((id) => id !== imageId));
      }),
    );
  });

  test('changes no more than the cap, and the rest has that as its reason', () => {
    fc.assert(
      fc.property(anyImages, anyUses, anyRules, (images, uses, anyRule) => {
        const all = changed(images, uses, { ...anyRule, changesPerRun: 1000 }, now).length;
        const capped = decide(images, uses, anyRule, now);
        const left = capped.filter(({ reasons }) => reasons.some((reason) => reason.includes('left to the next run')));
        const done = capped.filter((decision) => changeOf(decision) !== undefined);
        expect(done).toHaveLength(Math.min(all, anyRule.changesPerRun));
        expect(left).toHaveLength(all - done.length);
      }),
    );
  });

  test('every image has a change or a reason, never both', () => {
    fc.assert(
      fc.property(anyImages, anyUses, anyRules, (images, uses, anyRule) => {
        for (const decision of decide(images, uses, anyRule, now))
          expect(decision.reasons.length > 0).toBe(changeOf(decision) === undefined);
      }),
    );
  });
});

describe('a retirement, day after day', () => {
  /** What a run that ends in the middle may have done of its changes. */
  const apply = (images: readonly ImageFacts[], anyRule: RetirementRules, time: number, share: number) => {
    const decisions = decide(images, new Map(), anyRule, time);
    const due = decisions.filter(({ actions }) => actions.length > 0);
    const done = new Map(due.slice(0, Math.ceil(due.length * share)).map((one) => [one.image.imageId, one]));
    const log: [string, string][] = [];
    const next = images.flatMap((one) => {
      let after: ImageFacts | undefined = one;
      for (const action of done.get(one.imageId)?.actions ?? []) {
        log.push([one.imageId, action]);
        if (action === 'deprecate') after = { ...after, deprecatedAt: time };
        // The record is a call of its own: a crash before it is put right by the next run.
        if (action === 'disable') after = { ...after, state: 'disabled' };
        if (action === 'record') after = { ...after, disabledAt: time };
        if (action === 'deregister') after = undefined;
        if (after === undefined) break;
      }
      return after === undefined ? [] : [after];
    });
    return { next, log };
  };

  test('takes every image but the newest through all phases in order, never sooner than its rules', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        anyRules,
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        (count, anyRule, share) => {
          let images = line(count);
          const times = new Map<string, number[]>();
          for (let time = now; time < now + 400 * day; time += day) {
            const { next, log } = apply(images, anyRule, time, share);
            for (const [id, action] of log) if (action !== 'record') times.set(id, [...(times.get(id) ?? []), time]);
            images = next;
          }
          expect(images).toHaveLength(Math.min(count, anyRule.keepNewest));
          for (const [deprecated = NaN, disabled = NaN, deregistered = NaN] of times.values()) {
            expect(disabled - deprecated).toBeGreaterThanOrEqual(anyRule.deprecatedDays * day);
            expect(deregistered - disabled).toBeGreaterThanOrEqual(anyRule.disabledDays * day);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('begins again where an operator took it back', () => {
    const undone = image('ami-old', { created: now - 400 * day, undoneAt: now - 13 * day });
    const later = (time: number) => decide([undone, ...line(5)], new Map(), rules, time).at(-1);
    expect(later(now)).toMatchObject({ actions: [], reasons: ['deprecate is due on 2026-12-02'] });
    expect(later(now + day)).toMatchObject({ phase: 'superseded', actions: ['deprecate'] });
  });
});
