import type { Decide } from '../../../lab/local-aws/fault-proxy';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import { describeWith, localAws } from '../../support/tools';
import { comparable, comparableAnswers } from './comparable-answers';
import { errorsOf } from './errors-of';
import { everyJob, type Walk } from './every-job';
import { imageKeyPolicy, type Factory } from './factory';
import { LocalFactory } from './local-factory';
import { MemoryFactory } from './memory-factory';
import { environment, exportedBy, serviceAccounts } from './support';

jest.setTimeout(120_000);

const saved = { ...process.env };

/** Each of the function's jobs once, on the local AWS and in memory. */
describeWith([localAws], 'every call that the function makes', () => {
  const memory = new MemoryFactory(imageKeyPolicy());
  let local: LocalFactory;
  let onServer: Walk;
  let inMemory: Walk;

  async function walk(factory: Factory): Promise<Walk> {
    process.env = { ...saved, ...environment(), AMI_KEY_ARN: factory.imageKeyArn };
    return everyJob(factory);
  }
  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
    local = await LocalFactory.start();
    onServer = await walk(local);
    inMemory = await walk(memory);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    process.env = saved;
    await local.stop();
  });

  test('is made in memory too, with the same credentials, and answered as the local server answers it', () => {
    const text = ({ calls }: Walk) => calls.map(({ action, role }) => `${role ?? 'ops'} ${action}`).sort();
    expect(text(inMemory)).toEqual(text(onServer));
    const [expected, actual] = [
      comparableAnswers(memory.answers, inMemory),
      comparableAnswers(local.answers, onServer),
    ];
    expect(actual).toHaveLength(expected.length);
    expect(actual).toMatchObject(expected as object[]);
  });

  test('leads in memory to the results and events that it leads to on the local server', () => {
    expect(comparable(inMemory.results, inMemory)).toEqual(comparable(onServer.results, onServer));
    expect(comparable(inMemory.events, inMemory)).toEqual(comparable(onServer.events, onServer));
    // All of it did something: no two that failed alike.
    expect(onServer.results.filter((result) => typeof result === 'string')).toEqual([
      expect.stringContaining('AMI_ID is neither in the event'),
    ]);
  });

  const faults = ['throttle', 'deny', 'miss', 'expire', 'break', 'hang', 'lose'] as const;
  test.each(faults)('that meets "%s" fails in memory as it fails over HTTP', async (fault) => {
    // Only a call that is never answered waits for so long.
    const requestHandler =
      fault === 'hang' ? { requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true } } : {};
    const errors = (factory: Factory) => errorsOf(factory, fault, { maxAttempts: 1, ...requestHandler });
    const expected = await errors(local);
    expect(expected).toHaveLength(7);
    expect(await errors(memory)).toEqual(expected);
  });

  /** The first call of each of these actions goes wrong, each in a way of its own. */
  const first = {
    'ec2:DescribeImages': 'throttle',
    'ec2:DescribeSnapshots': 'break',
    'ec2:DescribeImageAttribute': 'miss',
    'sts:AssumeRole': 'hang',
    'ssm:GetParameters': 'expire',
    'ec2:CreateTags': 'lose',
    'ssm:PutParameter': 'throttle',
    'events:PutEvents': 'lose',
  } as const;

  test('may go wrong over HTTP: the image is shared within the invocation, and after one that was cut short', async () => {
    process.env = { ...saved, ...environment(), AMI_KEY_ARN: local.imageKeyArn };
    const imageId = await local.build('prover');
    const cut = await local.invoke(exportedBy(imageId), { decide: (_, index) => (index >= 12 ? 'deny' : undefined) });
    expect(cut.error).toBeInstanceOf(Error);
    const left = new Map<string, Fault>(Object.entries(first));
    const decide: Decide = ({ action }) => {
      const fault = left.get(action);
      left.delete(action);
      return fault;
    };
    // The real limit is 10 s. One that is much shorter would take a busy instance for a service that hangs.
    const requestHandler = { connectionTimeout: 2500, requestTimeout: 2500, throwOnRequestTimeout: true };
    const { error } = await local.invoke(exportedBy(imageId), { decide, config: { requestHandler } });
    expect(error).toBeUndefined();
    expect([...left.keys()]).toEqual([]);
    expect(await local.launchPermissions(imageId)).toEqual(serviceAccounts);
    for (const account of serviceAccounts)
      expect(await local.view(account, imageId)).toMatchObject({
        pointers: { 'prover/latest': imageId },
        tags: { Image: 'prover' },
      });
  });

  test('of images that are shared at the same time leaves the newest one in charge', async () => {
    process.env = { ...saved, ...environment(), AMI_KEY_ARN: local.imageKeyArn };
    const images = await local.buildInOrder('bento', 3);
    const ended = await Promise.all(images.map((imageId) => local.invoke(exportedBy(imageId))));
    expect(ended.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    for (const account of serviceAccounts)
      expect((await local.view(account, images[0]!)).pointers).toMatchObject({ 'bento/latest': images[2] });
  });
});
