import { environment } from '../support';
import { ThrottledAws } from './throttled-aws';

const saved = { ...process.env };
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

/** The rows of docs/sharing.md, "Limits", that take a whole run or more. */
test.each([
  [3, 5000, true, 3],
  [100, 500, true, 1],
  [10, 5000, false, 1],
])(
  '%i accounts, %i images, one account new: %p: so many runs, each in time',
  async (accounts, images, isNew, runs) => {
    const ids = Array.from({ length: accounts }, (_, n) => String(200_000_000_000 + n));
    process.env = { ...saved, ...environment(ids) };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
    const aws = new ThrottledAws(images, isNew ? ids.slice(0, -1) : ids);
    const added = ids.at(-1)!;
    aws.account(added);
    const left: number[] = [];
    while (left.at(-1) !== 0 && left.length < 10) {
      const { seconds, result } = await aws.timed({ command: 'reconcile' });
      expect([seconds < 800, result.failures]).toEqual([true, []]);
      left.push(result.imagesLeft);
    }
    expect(left).toHaveLength(runs);
    expect([...aws.images.values()].filter(({ permissions }) => !permissions.has(added))).toEqual([]);
  },
  120_000,
);
