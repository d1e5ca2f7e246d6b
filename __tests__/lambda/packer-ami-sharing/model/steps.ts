import fc from 'fast-check';
import { pointerName, type ImageKind } from '../../../../config/names';
import { exportedBy } from '../support';
import type { MemoryImage } from '../memory-aws';
import { modelKinds, possibleAccounts, strangeAccount, type Fault, type World } from './world';

/** The model keeps nothing: what is right follows from what AWS holds (oracle.ts). */
type Model = Record<string, never>;
type Step = fc.AsyncCommand<Model, World>;

interface Values {
  readonly kind: ImageKind;
  readonly account: string;
  /** Which of the images there are. */
  readonly image: number;
  readonly other: number;
  readonly fault: Fault;
  readonly seed: number;
}

const values: fc.Arbitrary<Values> = fc.record({
  kind: fc.constantFrom(...modelKinds),
  account: fc.constantFrom(...possibleAccounts),
  image: fc.nat(20),
  other: fc.nat(20),
  fault: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Fault>({ what: 'nothing' }) },
    {
      weight: 3,
      arbitrary: fc.record({
        what: fc.constantFrom(
          'crash before' as const,
          'crash after' as const,
          'throttling' as const,
          'no time' as const,
        ),
        call: fc.integer({ min: 1, max: 60 }),
      }),
    },
  ),
  seed: fc.nat(),
});

const nth = (images: readonly MemoryImage[], n: number): MemoryImage | undefined => images[n % images.length];

/** A step is a name and what it does; `undefined` of an image: there is none yet, and nothing is done. */
const step = (name: string, run: (world: World, given: Values) => unknown): fc.Arbitrary<Step> =>
  values.map((given) => ({
    check: () => true,
    run: async (_, world) => {
      await run(world, given);
    },
    toString: () => `${name}(${JSON.stringify(given)})`,
  }));

/** Something that happens to an image, in whatever account. */
const toImage = (name: string, change: (image: MemoryImage, world: World, given: Values) => unknown) =>
  step(name, (world, given) => {
    const image = nth(world.list(), given.image);
    return image && change(image, world, given);
  });

const withdraw = ({ id }: MemoryImage) => ({ command: 'withdraw', imageId: id, reason: 'does not boot' });
const reconcile = { command: 'reconcile' };

/** What the function can be asked for at the same time as something else. */
function inputOf(world: World, { kind, account }: Values, n: number): unknown {
  const image = nth(world.list(), n);
  if (image === undefined) return reconcile;
  const command = {
    pin: { command: 'pin', accountId: account, imageId: image.id },
    unpin: { command: 'unpin', accountId: account, kind },
  };
  return [exportedBy(image.id), reconcile, withdraw(image), command.pin, command.unpin][n % 5];
}

/** What can happen. A lost event is a bake without one; events out of order follow from the choice of images. */
export const steps: readonly fc.Arbitrary<Step>[] = [
  step('bake', (world, { kind }) => void world.bake(kind)),
  step('bakeAndEvent', (world, { kind, fault, seed }) => world.run([exportedBy(world.bake(kind).id)], fault, seed)),
  toImage('event', (image, world, { fault, seed }) => world.run([exportedBy(image.id)], fault, seed)),
  toImage('eventTwice', (image, world, { seed }) =>
    world.run([exportedBy(image.id), exportedBy(image.id)], { what: 'nothing' }, seed),
  ),
  step('reconcile', (world, { fault, seed }) => world.run([reconcile], fault, seed)),
  step('atOnce', (world, given) =>
    world.run([inputOf(world, given, given.image), inputOf(world, given, given.other)], given.fault, given.seed),
  ),
  toImage('withdraw', (image, world, { fault, seed }) => world.run([withdraw(image)], fault, seed)),
  toImage('pin', (image, world, { account, fault, seed }) =>
    world.run([{ command: 'pin', accountId: account, imageId: image.id }], fault, seed),
  ),
  step('unpin', (world, { account, kind, fault, seed }) =>
    world.run([{ command: 'unpin', accountId: account, kind }], fault, seed),
  ),
  step('configure', (world, { account }) => void world.configured.add(account)),
  step('unconfigure', (world, { account }) => {
    if (world.configured.size > 1) world.configured.delete(account);
  }),
  toImage('deregister', (image, world) => {
    world.deregister(image);
  }),
  // EC2 User Guide, "Disable an Amazon EC2 AMI": it is made private.
  toImage('disable', (image) => {
    if (image.state !== 'available') return;
    image.state = 'disabled';
    image.permissions.clear();
  }),
  toImage('enable', (image) => {
    if (image.state === 'disabled') image.state = 'available';
  }),
  toImage('deprecate', (image) => {
    image.deprecation = '2026-09-02T00:00:00.000Z';
  }),
  toImage('deprecateLater', (image) => {
    image.deprecation = '2126-09-02T00:00:00.000Z';
  }),
  // A pin that can't be used, beside a pointer of another kind that is to be repaired.
  toImage('deadPin', (image, world, { account }) => {
    world.point(account, image.kind, 'pinned', image);
    world.deregister(image);
    for (const other of modelKinds.filter((kind) => kind !== image.kind)) {
      const [oldest] = world.list(other);
      if (oldest !== undefined) world.point(account, other, 'latest', oldest);
    }
  }),
  toImage('pinWhileWithdrawn', async (image, world, { account, seed }) => {
    const pin = { command: 'pin', accountId: account, imageId: image.id };
    const ended = await world.run([pin, withdraw(image)], { what: 'nothing' }, seed);
    const isPinned = world.account(account).parameters.get(pointerName(image.kind, 'pinned')) === image.id;
    if (ended.every(({ status }) => status === 'fulfilled') && isPinned && image.tags.has('Withdrawn'))
      world.falseReports.push(`${image.id} was withdrawn and pinned at once, and both report success`);
  }),
  toImage('publish', (image) => {
    if (image.state === 'available') image.permissions.add('all');
  }),
  toImage('giveToStranger', (image) => {
    if (image.state === 'available') image.permissions.add(strangeAccount);
  }),
  toImage('takePermission', (image, _, { account }) => {
    image.permissions.delete(account);
  }),
  toImage('takeTags', (image, world, { account }) => {
    world.account(account).tags.delete(image.id);
  }),
  toImage('editPointer', (image, world, { account }) => {
    world.point(account, image.kind, 'latest', image);
  }),
  step('deletePointer', (world, { account, kind }) => {
    world.account(account).parameters.delete(pointerName(kind, 'latest'));
  }),
  toImage('refuseChanges', ({ id }, world) => void world.stuck.add(id)),
  step('takeGrant', (world, { account }) => void world.withoutGrant.add(account)),
];
