import fc from 'fast-check';
import { standardPages, type Pages } from '../../../../lambda/packer-ami-sharing/run';
import { unannounced, violations } from './oracle';
import { steps } from './steps';
import { World } from './world';

/** `MODEL_RUNS` and `MODEL_SEED` are for the long run: docs/sharing.md, "Model test". */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 100);
const seed = Number(process.env['MODEL_SEED'] ?? 20260901);

/** All images at once, or so few that each run has several pages. */
const divisions = fc.constantFrom<Pages>(standardPages, { newest: 1, size: 2 });

const saved = { ...process.env };
beforeEach(() => {
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

const failureOf = (result: PromiseSettledResult<unknown>): string =>
  result.status === 'rejected' ? String(result.reason) : JSON.stringify(result.value);

test(
  'whatever came before, one reconcile run without faults puts all right',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([...steps], { maxCommands: 20 }), divisions, async (commands, pages) => {
        process.env = { ...saved };
        const world = new World(pages);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        // A run counts an image that it finds public as bad until it ends: pointers move to it in the next one.
        if (world.list().some(({ permissions }) => permissions.has('all'))) await world.run([{ command: 'reconcile' }]);
        // Runs whose time ended: what follows begins a round of its own.
        for (let runs = 0; world.isUnderWay && runs < 20; runs += 1) await world.run([{ command: 'reconcile' }]);
        const [result] = await world.run([{ command: 'reconcile' }]);
        // A run that fails measures and logs its launch problems; its error lists the rest. The pre-flight check lists them.
        const [preflight] = await world.run([{ command: 'preflight' }]);
        expect(violations(world, failureOf(result!) + failureOf(preflight!))).toEqual([]);
        expect([...unannounced(world), ...world.falseReports]).toEqual([]);
      }),
      { seed, numRuns },
    );
  },
  Math.max(60_000, numRuns * 400),
);
