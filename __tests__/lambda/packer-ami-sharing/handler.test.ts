import { SharingIncompleteError } from '../../../lambda/packer-ami-sharing/errors';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import type { SharingResult } from '../../../lambda/packer-ami-sharing/result';
import { malformed } from './malformed-events';
import {
  buildId,
  codeBuildEvent,
  context,
  environment,
  exportedBy,
  goodImage,
  imageId,
  manualEvent,
  mockedAws,
  noWaits,
  pointer,
  serviceAccounts,
  type MockedAws,
} from './support';

const saved = { ...process.env };
let lines: string[];

beforeEach(() => {
  lines = [];
  process.env = { ...saved, ...environment() };
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

const handle = (aws: MockedAws, event: unknown) =>
  handlerWith({ clients: aws.clients, waits: noWaits() })(event, context) as Promise<SharingResult>;
const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
const metricsLine = () => logged().find((entry) => '_aws' in entry);

describe('an image that every account gets', () => {
  test('is in the result, the log and the metrics', async () => {
    const aws = mockedAws();
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-09-01T16:14:58Z'));
    const result = await handle(aws, exportedBy(imageId));
    expect(result).toEqual({
      imageId,
      kind: 'manager',
      name: 'boundless-manager-1.2.3-20260901161428',
      buildId,
      accounts: serviceAccounts.map((accountId) => ({
        accountId,
        launchPermission: 'added',
        tags: 'added',
        pointer: 'moved',
      })),
    });
    expect(logged()).toContainEqual(
      expect.objectContaining({
        level: 'INFO',
        service: 'packer-ami-sharing',
        function_request_id: context.awsRequestId,
        imageId,
        buildId,
        result,
      }),
    );
    expect(metricsLine()).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'BoundlessAmiFactory', Dimensions: [['service']] }] },
      service: 'packer-ami-sharing',
      AccountsShared: 2,
      AccountsFailed: 0,
      ShareSeconds: 30,
    });
    expect(metricsLine()).not.toHaveProperty('Failures');
    expect(aws.announced()).toEqual([{ source: 'boundless.ami', type: 'AMI Shared', detail: result }]);
  });

  test('may come without a build', async () => {
    const result = await handle(mockedAws(), manualEvent());
    expect(result).toMatchObject({ imageId, accounts: [{ pointer: 'moved' }, { pointer: 'moved' }] });
    expect(result).not.toHaveProperty('buildId');
  });

  test('is left alone the second time', async () => {
    const aws = mockedAws();
    await handle(aws, exportedBy(imageId));
    const changes = aws.changes();
    const { accounts } = await handle(aws, exportedBy(imageId));
    expect(accounts).toEqual(
      serviceAccounts.map((accountId) => ({
        accountId,
        launchPermission: 'present',
        tags: 'present',
        pointer: 'unchanged',
      })),
    );
    expect(aws.changes()).toBe(changes);
  });
});

describe('two of three accounts fail', () => {
  const accounts = ['222222222222', '333333333333', '444444444444'];
  const [closed, open, silent] = accounts as [string, string, string];

  const failing = () => {
    process.env = { ...process.env, ...environment(accounts) };
    return mockedAws({ closedAccounts: new Set([closed, silent]) });
  };

  test('the third is done, and the error lists both with their reasons', async () => {
    const aws = failing();
    const failed = expect(handle(aws, exportedBy(imageId))).rejects;
    await failed.toThrow(SharingIncompleteError);
    await failed.toThrow(
      new RegExp(
        `^${imageId} is not published in 2 of 3 accounts:\n` +
          `${closed}: AccessDenied: not authorized.+\n${silent}: AccessDenied: not authorized.+$`,
      ),
    );
    expect(aws.state.pointers).toEqual({ [open]: { [pointer]: imageId } });
  });

  test('the log and the metrics report it', async () => {
    await expect(handle(failing(), exportedBy(imageId))).rejects.toThrow();
    expect(logged()).toContainEqual(
      expect.objectContaining({
        result: expect.objectContaining({
          accounts: [
            { accountId: closed, launchPermission: 'added', error: expect.stringContaining('AccessDenied') as unknown },
            { accountId: open, launchPermission: 'added', tags: 'added', pointer: 'moved' },
            { accountId: silent, launchPermission: 'added', error: expect.stringContaining('AccessDenied') as unknown },
          ],
        }) as unknown,
      }),
    );
    expect(logged()).toContainEqual(expect.objectContaining({ level: 'ERROR', permanent: false, imageId, buildId }));
    for (const accountId of [closed, silent])
      expect(logged()).toContainEqual(expect.objectContaining({ level: 'ERROR', accountId, imageId, buildId }));
    expect(metricsLine()).toMatchObject({ AccountsShared: 1, AccountsFailed: 2, Failures: 1 });
  });

  test('a retry does only what is missing', async () => {
    const aws = failing();
    await expect(handle(aws, exportedBy(imageId))).rejects.toThrow(SharingIncompleteError);
    aws.state.closedAccounts.clear();
    const result = await handle(aws, exportedBy(imageId));
    expect(result.accounts.map(({ pointer: outcome }) => outcome)).toEqual(['moved', 'unchanged', 'moved']);
    expect(aws.permissionChanges()).toHaveLength(1);
    expect(aws.puts.map(({ account }) => account)).toEqual([open, closed, silent]);
  });
});

describe('nothing is changed, and the reason is thrown and logged, for', () => {
  const expectRefusal = async (aws: MockedAws, event: unknown, name: string, reason: RegExp) => {
    const refused = expect(handle(aws, event)).rejects;
    await refused.toThrow(reason);
    await refused.toMatchObject({ name, permanent: true });
    expect(aws.changes()).toBe(0);
    expect(metricsLine()).toMatchObject({ Failures: 1 });
    expect(logged()).toContainEqual(
      expect.objectContaining({ level: 'ERROR', permanent: true, error: expect.objectContaining({ name }) as unknown }),
    );
  };

  test.each(malformed)('an event that is malformed: %s', async (_, event, reason) => {
    await expectRefusal(mockedAws(), event, 'InvalidEventError', reason);
  });

  test('two images', async () => {
    await expectRefusal(mockedAws(), exportedBy(imageId, 'ami-1a2b3c4d'), 'InvalidEventError', /2 values/);
  });

  test('an image that breaks a rule', async () => {
    const aws = mockedAws({ images: [goodImage({ Public: true })] });
    await expectRefusal(aws, exportedBy(imageId), 'ImageRefusedError', /image is not public/);
  });

  test('a setting that is missing', async () => {
    delete process.env['AMI_KEY_ARN'];
    await expectRefusal(mockedAws(), exportedBy(imageId), 'SettingsError', /AMI_KEY_ARN is missing/);
  });
});

describe('what a build was given and what it exported stays out of the log and the errors:', () => {
  const secret = 'hunter2-correct-horse';
  const variables = [{ name: `TOKEN_${secret}`, value: secret }];
  const unreadable = { name: 'AMI_ID', value: `unreadable-value-of-any-length-${secret}` };

  test.each<[what: string, event: unknown, aws: MockedAws]>([
    [
      'success',
      codeBuildEvent({ variables, exported: [...variables, { name: 'AMI_ID', value: imageId }] }),
      mockedAws(),
    ],
    [
      'a refused image',
      codeBuildEvent({ variables, exported: [{ name: 'AMI_ID', value: imageId }] }),
      mockedAws({ snapshots: [] }),
    ],
    ['no image', codeBuildEvent({ variables, exported: variables }), mockedAws({ exportedVariables: variables })],
    ['an unreadable image id', codeBuildEvent({ variables, exported: [unreadable] }), mockedAws()],
    [
      'a wrong origin',
      codeBuildEvent({ variables, source: secret, account: secret, detail: { 'project-name': secret } }),
      mockedAws(),
    ],
    ['a wrong type', { detail: { [secret]: secret, 'build-id': [secret] } }, mockedAws()],
  ])('%s', async (_, event, aws) => {
    const outcome = await handle(aws, event).catch((error: unknown) => String(error));
    expect(JSON.stringify(outcome)).not.toContain(secret);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain(secret);
  });
});
