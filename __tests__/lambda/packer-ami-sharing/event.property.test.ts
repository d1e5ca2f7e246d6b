import fc from 'fast-check';
import { InvalidEventError } from '../../../lambda/packer-ami-sharing/errors';
import { parseBuildEvent } from '../../../lambda/packer-ami-sharing/events/event';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import { settingsFrom } from '../../../lambda/packer-ami-sharing/settings';
import { codeBuildEvent, context, environment, imageId, mockedAws, noWaits } from './support';

/** Other events on each run of a developer, the same on each run of CI. */
const seed = process.env['CI'] === 'true' ? { seed: 1 } : {};

/** A secret that a build might have among its variables. */
const canary = 'canary-5e0c7a';
const secret = { name: 'TOKEN', value: canary };
/** Long enough for a reason, short enough for a log line, whatever the event holds. */
const longestMessage = 2000;

const settings = settingsFrom(environment());
const saved = { ...process.env };
let logged: string;

beforeEach(() => {
  logged = '';
  process.env = { ...saved, ...environment() };
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((line) => {
      logged += String(line);
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

const looksRight = fc.stringMatching(/^ami-[0-9a-f]{17}$/);
const looksLike = fc.oneof(
  looksRight,
  fc.stringMatching(/^ami-[0-9a-g]{7,18}$/),
  fc.constantFrom(
    '',
    'ami-',
    'AMI-1234567890ABCDEF0',
    `${imageId}\n`,
    ` ${imageId}`,
    'ami-１２３４５６７８',
    `${imageId}\0`,
  ),
);
const anything = fc.jsonValue({ maxDepth: 3 });
const variable = fc.record(
  {
    name: fc.oneof(fc.constantFrom('AMI_ID', 'IMAGE', 'TOKEN'), fc.string({ unit: 'binary' })),
    value: fc.oneof(looksLike, fc.string({ unit: 'binary' }), anything),
    type: fc.constant('PLAINTEXT'),
  },
  { requiredKeys: ['name'] },
);
const variables = fc.oneof(fc.array(variable, { maxLength: 20 }), anything);
const event = fc.oneof(
  { weight: 1, arbitrary: anything },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        variables,
        variables,
        fc.dictionary(fc.constantFrom('source', 'account', 'time', 'detail-type', 'id', 'extra'), anything, {
          maxKeys: 2,
        }),
        fc.dictionary(
          fc.constantFrom('build-status', 'project-name', 'build-id', 'additional-information', 'extra'),
          anything,
          { maxKeys: 2 },
        ),
      )
      .map(([exported, passed, envelope, detail]) => {
        const information = {
          'exported-environment-variables': exported,
          environment: { 'environment-variables': Array.isArray(passed) ? [secret, ...passed] : passed },
        };
        return codeBuildEvent({ ...envelope, detail: { 'additional-information': information, ...detail } });
      }),
  },
);

/** What the parser makes of an event: the image ids, or the error. */
function outcome(input: unknown): readonly string[] | Error {
  try {
    return parseBuildEvent(input, settings).imageIds;
  } catch (error) {
    return error as Error;
  }
}

test('whatever comes, the parser gives image ids or its own error, and a short one', () => {
  fc.assert(
    fc.property(event, (input) => {
      const result = outcome(input);
      if (result instanceof Error) {
        expect(result).toBeInstanceOf(InvalidEventError);
        expect(result.message.length).toBeLessThan(longestMessage);
      } else {
        for (const id of result) expect(id).toMatch(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/);
      }
    }),
    { numRuns: 1000, ...seed },
  );
});

test('an event that nobody vouches for changes nothing, and leaves nothing of a build in the log', async () => {
  await fc.assert(
    fc.asyncProperty(event, async (input) => {
      // No image is known: whatever id the event has, nothing must come of it.
      const aws = mockedAws({ images: [] });
      await expect(handlerWith({ clients: aws.clients, waits: noWaits() })(input, context)).rejects.toThrow(Error);
      expect(aws.changes()).toBe(0);
      expect(logged).not.toContain(canary);
    }),
    { numRuns: 200, ...seed },
  );
});

const command = fc
  .record(
    {
      command: fc.oneof(fc.constantFrom('reconcile', 'withdraw', 'pin', 'unpin', 'preflight'), anything),
      imageId: fc.oneof(looksLike, anything),
      accountId: fc.oneof(fc.constantFrom('222222222222', '999999999999'), anything),
      kind: fc.oneof(fc.constantFrom('manager', 'x'), anything),
      reason: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(canary.repeat(50_000))),
      dryRun: fc.oneof(fc.boolean(), anything),
    },
    { requiredKeys: ['command'] },
  )
  // Real ones that need nothing else are not malformed.
  .filter(({ command: name }) => name !== 'reconcile' && name !== 'preflight');

test('whatever a command holds, it is done or refused by a short error of its own, and changes nothing unknown', async () => {
  await fc.assert(
    fc.asyncProperty(command, async (input) => {
      const aws = mockedAws({ images: [] });
      const failed: unknown = await handlerWith({ clients: aws.clients, waits: noWaits() })(input, context).catch(
        (error: unknown) => error,
      );
      if (failed instanceof Error) {
        expect(['InvalidCommandError', 'ImageNotReadyError']).toContain(failed.name);
        expect(failed.message.length).toBeLessThan(longestMessage);
        expect(aws.changes()).toBe(0);
      } else {
        // Taking away a pin that is not there is the one thing that needs no image.
        expect(failed).toMatchObject({ kind: 'manager', accountId: '222222222222' });
      }
    }),
    { numRuns: 300, ...seed },
  );
});

describe('events at the limits', () => {
  const share = (input: unknown) => {
    const aws = mockedAws();
    return { aws, result: handlerWith({ clients: aws.clients, waits: noWaits() })(input, context) };
  };
  const amiId = (value: unknown) => ({ name: 'AMI_ID', value });
  const many = (value: (index: number) => unknown) => Array.from({ length: 10_000 }, (_, index) => value(index));
  const hex = (index: number) => `ami-${index.toString(16).padStart(17, '0')}`;

  test('10,000 variables beside the one that counts', async () => {
    const { result } = share(
      codeBuildEvent({ exported: [...many((index) => ({ name: `V${index}`, value: 'x' })), amiId(imageId)] }),
    );
    await expect(result).resolves.toMatchObject({ imageId });
  });

  test('256 KB, the most that EventBridge takes', async () => {
    const { result } = share(
      codeBuildEvent({ variables: [{ name: 'LONG', value: 'é'.repeat(128 * 1024) }], exported: [amiId(imageId)] }),
    );
    await expect(result).resolves.toMatchObject({ imageId });
  });

  test.each([
    [
      '10,000 images',
      codeBuildEvent({ exported: many((index) => amiId(hex(index))) }),
      /AMI_ID has 10000 values \(ami-0{17}, .* and 9995 more\); export one/,
    ],
    [
      '10,000 malformed variables',
      codeBuildEvent({ exported: many(() => ({ value: 1 })) }),
      /variables\.0\.name.* and 9995 more .*missing or of the wrong type/,
    ],
    ['an image id of 256 KB', codeBuildEvent({ exported: [amiId('a'.repeat(256 * 1024))] }), /AMI_ID is "a{32}\.\.\."/],
    [
      'a field name of 100 KB',
      codeBuildEvent({ detail: { 'build-status': { ['k'.repeat(100_000)]: 1 } } }),
      /build-status is missing/,
    ],
  ])('%s: a short error, and nothing changed', async (_, input, message) => {
    const { aws, result } = share(input);
    const error = await result.then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(error?.message.length).toBeLessThan(longestMessage);
    expect(error?.message).toMatch(message);
    expect(logged.length).toBeLessThan(10 * longestMessage);
    expect(aws.changes()).toBe(0);
  });
});
