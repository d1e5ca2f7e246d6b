import fc from 'fast-check';
import { unannounced, violations } from './oracle';
import { steps } from './steps';
import { World } from './world';

/** `MODEL_RUNS` and `MODEL_SEED` are for the long run: docs/sharing.md, "Model test". */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 100);
const seed = Number(process.env['MODEL_SEED'] ?? 20260901);

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
      fc.asyncProperty(fc.commands([...steps], { maxCommands: 20 }), async (commands) => {
        process.env = { ...saved };
        const world = new World();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        // A run counts an image that it finds public as bad until it ends: pointers move to it in the next one.
        if (world.list().some(({ permissions }) => permissions.has('all'))) await world.run([{ command: 'reconcile' }]);
        const [result] = await world.run([{ command: 'reconcile' }]);
        // A run that fails measures and logs its launch problems; its error lists the rest. The pre-flight check lists them.
        const [preflight] = await world.run([{ command: 'preflight' }]);
        expect(violations(world, failureOf(result!) + failureOf(preflight!))).toEqual([]);
        expect(unannounced(world)).toEqual([]);
      }),
      { seed, numRuns },
    );
  },
  Math.max(60_000, numRuns * 400),
);
