import { PublishCommand } from '@aws-sdk/client-sns';
import { handlerWith } from '../../../lambda/boundless-notices/handler';
import {
  approvalEvent,
  batchOf,
  buildEvent,
  buildId,
  context,
  environment,
  goodBuild,
  mockedAws,
  sharingEvent,
  type MockedAws,
} from './support';

const saved = { ...process.env };
let lines: string[];

beforeEach(() => {
  lines = [];
  process.env = { ...saved, ...environment };
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

const handle = (aws: MockedAws, events: readonly unknown[], remaining = 60_000) =>
  handlerWith(aws.clients)(batchOf(events), { ...context, getRemainingTimeInMillis: () => remaining });
const failed = (...indexes: readonly number[]) => ({
  batchItemFailures: indexes.map((index) => ({ itemIdentifier: `m-${index}` })),
});
const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
const metric = (name: string) => logged().flatMap((entry) => ('_aws' in entry && name in entry ? [entry[name]] : []));

const at = (event: object, second: number) => ({
  ...event,
  id: `event-${second}`,
  time: new Date(Date.parse('2026-09-01T17:15:00Z') + second * 1000).toISOString(),
});
const refused = (imageId: string, changes: object = {}) =>
  sharingEvent('AMI Sharing Failed', {
    imageId,
    buildId,
    error: 'SharingIncompleteError',
    message: 'no',
    permanent: false,
    ...changes,
  });
const imageIdOf = (index: number) => `ami-${String(index).padStart(17, '0')}`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('a thousand equal events are one message that counts them, of one read', async () => {
  const aws = mockedAws();
  expect(
    await handle(
      aws,
      numbers(1000).map((index) => at(refused(imageIdOf(1)), index)),
    ),
  ).toEqual(failed());
  const [message, ...more] = aws.published();
  expect(more).toEqual([]);
  expect(message!.email).toMatch(/^An image was not shared: SharingIncompleteError \(1000 times\)\n/);
  expect(message!.email).toContain(`Image: ${imageIdOf(1)}\n`);
  expect(message!.email).toContain('Between: 2026-09-01T17:15:00.000Z and 2026-09-01T17:31:39.000Z\n');
  expect(message!.email).not.toContain('Since the build ended');
  expect(aws.used()).toEqual(['codebuild:BatchGetBuilds', 'sns:Publish']);
});

test('a few different notices are sent one by one, each with its own content', async () => {
  const aws = mockedAws();
  await handle(aws, [...numbers(3).map((index) => refused(imageIdOf(index))), buildEvent('FAILED')]);
  expect(aws.published().map(({ email }) => email.split('\n')[0])).toEqual([
    ...numbers(3).map(() => 'An image was not shared: SharingIncompleteError'),
    'Build of the prover image failed (v1.2.2)',
  ]);
  expect(aws.published().map(({ email }) => /Image: (\S+)/.exec(email)?.[1])).toEqual([
    ...numbers(3).map(imageIdOf),
    'ami-1234567890abcdef0',
  ]);
});

test('many different notices of one title are one message with the id of each', async () => {
  const aws = mockedAws();
  const events = numbers(60).map((index) => refused(imageIdOf(index), { buildId: undefined }));
  expect(await handle(aws, [...events, ...events])).toEqual(failed());
  const [message, ...more] = aws.published();
  expect(more).toEqual([]);
  expect(message!.email).toMatch(/^An image was not shared: SharingIncompleteError: 60 different ones\n/);
  for (const index of numbers(60)) expect(message!.email).toContain(imageIdOf(index));
  expect(message!.email).toContain('Why: no\n');
  expect(message!.email).not.toMatch(/^Image: /m);
});

test('where not all ids fit, the message counts the rest, and the log has all', async () => {
  const aws = mockedAws();
  await handle(
    aws,
    numbers(900).map((index) => refused(imageIdOf(index), { buildId: undefined })),
  );
  expect(aws.published()).toHaveLength(1);
  const { email } = aws.published()[0]!;
  const shown = numbers(900).filter((index) => email.includes(imageIdOf(index)));
  expect(shown.length).toBeGreaterThan(100);
  expect(email).toContain(`And: ${900 - shown.length} more: the log has all of them ("Published")`);
  expect(logged().find(({ message }) => message === 'Published')).toMatchObject({ ids: numbers(900).map(imageIdOf) });
});

test('outcomes that name neither image nor build are distinguished by their reason', async () => {
  const aws = mockedAws();
  const events = numbers(5).map((index) =>
    sharingEvent('AMI Sharing Failed', { error: 'InvalidEventError', message: `reason ${index}`, permanent: true }),
  );
  await handle(aws, events);
  expect(aws.published()).toHaveLength(1);
  for (const index of numbers(5)) expect(aws.published()[0]!.email).toContain(`reason ${index}`);
});

test('each approval that is asked for keeps a message of its own', async () => {
  const aws = mockedAws();
  const event = approvalEvent();
  const events = numbers(5).map((index) => ({
    ...event,
    detail: { ...event.detail, 'execution-id': `execution-${index}` },
  }));
  await handle(aws, events);
  expect(aws.published()).toHaveLength(5);
});

test('each build of a batch is measured once, also where its event came twice', async () => {
  const ids = numbers(6).map((index) => `packer-build-project:build-${index}`);
  const aws = mockedAws({ builds: ids.map((id) => ({ ...goodBuild, id })) });
  const events = ids.map((id) => buildEvent('FAILED', { 'build-id': id }));
  await handle(aws, [...events, ...events]);
  expect(aws.published()).toHaveLength(1);
  expect(metric('BuildSucceeded')).toEqual(numbers(6).map(() => 0));
});

test('an event that is refused stays in the queue, and the others are sent', async () => {
  const aws = mockedAws();
  const events = ['no JSON', buildEvent(), { command: 'watch' }, { ...buildEvent(), account: '999999999999' }];
  expect(await handle(aws, events)).toEqual(failed(0, 2, 3));
  expect(aws.published()).toHaveLength(1);
  expect(metric('Failures')).toEqual([3]);
  expect(logged().filter(({ level }) => level === 'ERROR')).toEqual(
    ['m-0', 'm-2', 'm-3'].map((messageId) => expect.objectContaining({ messageId, permanent: true }) as unknown),
  );
});

test('where a message cannot be published its events stay in the queue, those of others are sent', async () => {
  const aws = mockedAws();
  aws.sns.on(PublishCommand).rejectsOnce(new Error('throttled')).resolves({ MessageId: '2' });
  expect(await handle(aws, [buildEvent('FAILED'), buildEvent('FAILED'), refused(imageIdOf(1))])).toEqual(failed(0, 1));
  expect(metric('BuildSucceeded')).toEqual([]);
});

test('what the invocation has no time for stays in the queue', async () => {
  const aws = mockedAws();
  expect(await handle(aws, [buildEvent(), refused(imageIdOf(1))], 10_000)).toEqual(failed(0, 1));
  expect(aws.used()).toEqual([]);
});
