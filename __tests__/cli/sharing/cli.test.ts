import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from '../../../lambda/packer-ami-sharing/commands/command';
import { archivePath } from '../../../lambda/archive/archive';
import { serveFunction, type LambdaEndpoint } from '../../../lab/rehearse/lambda-endpoint';
import { unpack } from '../../../lab/rehearse/lambda-process';
import { parse } from '../../../cli/sharing/arguments';
import { sharingCommand } from '../../../cli/sharing/cli';
import { LocalFactory } from '../../lambda/packer-ami-sharing/local-factory';
import { environment, exportedBy, opsAccount, serviceAccounts } from '../../lambda/packer-ami-sharing/support';
import { runCommand } from '../../support/run-command';
import { describeWith, localAws } from '../../support/tools';

jest.setTimeout(120_000);

const [staging, production] = serviceAccounts as [string, string];

describe('arguments', () => {
  test.each<[args: string[], command: Command]>([
    [['reconcile'], { command: 'reconcile', dryRun: false }],
    [['reconcile', '--dry-run'], { command: 'reconcile', dryRun: true }],
    [['preflight'], { command: 'preflight' }],
    [
      ['withdraw', 'ami-12345678', '--reason', 'bad'],
      { command: 'withdraw', imageId: 'ami-12345678', reason: 'bad', dryRun: false },
    ],
    [
      ['pin', 'staging', 'ami-12345678'],
      { command: 'pin', accountId: staging, imageId: 'ami-12345678', dryRun: false },
    ],
    [['unpin', 'staging', 'bento', '--dry-run'], { command: 'unpin', accountId: staging, kind: 'bento', dryRun: true }],
  ])('%j become a command', (args, command) => {
    expect(parse(args)).toEqual({ do: 'invoke', command });
  });

  test.each<[args: string[], reason: string]>([
    [[], 'There is no command ""'],
    [['destroy'], 'There is no command "destroy"'],
    [['reconcile', 'now'], 'reconcile takes 0 arguments, not 1'],
    [['preflight', '--dry-run'], 'preflight takes no --dry-run'],
    [['pin', 'staging'], 'pin takes 2 arguments, not 1'],
    [['pin', 'moon', 'ami-12345678'], 'There is no environment "moon"; use one of staging, production'],
    [['unpin', 'staging', 'x'], 'There is no kind of image "x"; use one of manager, prover, bento'],
    [['withdraw', 'ami-123', '--reason', 'bad'], 'imageId is no image id; give one such as ami-1234567890abcdef0'],
    [['withdraw', 'ami-12345678'], 'reason is no reason; give 1 to 256 letters'],
    [['withdraw', 'ami-12345678', '--reason', ' '], 'reason is no reason; give 1 to 256 letters'],
    [['pin', 'staging', 'i-12345678'], 'imageId is no image id'],
    [['redrive', '--max', '0'], '--max is "0"; give a number from 1 to 9999'],
    [['redrive', '--reason', 'x'], 'redrive takes no --reason'],
    [['reconcile', '--dryrun'], "Unknown option '--dryrun'"],
  ])('%j are refused', (args, reason) => {
    expect(() => parse(args)).toThrow(reason);
  });
});

test('without credentials it names how to get some', () => {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: '/nonexistent', AWS_CONFIG_FILE: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
  const command = ['cli/run.mjs', 'cli/main.ts', 'sharing', 'reconcile'];
  const { status, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^CredentialsProviderError: .*\nSet AWS_PROFILE to a profile of the account, and sign in/);
});

describeWith([localAws], 'the operator commands', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'sharing-'));
  let factory: LocalFactory;
  let lambda: LambdaEndpoint;

  beforeAll(async () => {
    factory = await LocalFactory.start();
    await factory.prepareLaunch(staging);
    lambda = await serveFunction(await unpack(archivePath('packer-ami-sharing'), work), {
      functionName: 'packer-ami-sharing',
      handler: 'index.handler',
      memorySize: 256,
      environment: {
        ...environment(),
        AMI_KEY_ARN: factory.imageKeyArn,
        ...(await factory.aws.environment(opsAccount)),
      },
    });
  });
  afterAll(async () => {
    await lambda.close();
    await factory.stop();
    rmSync(work, { recursive: true });
  });
  afterEach(() => factory.clear(serviceAccounts));

  async function run(args: readonly string[], account = opsAccount) {
    const env = {
      ...process.env,
      ...(await factory.aws.environment(account)),
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
    };
    const { code, stdout, stderr } = await runCommand(sharingCommand, args, { env });
    return { code, output: stdout + stderr };
  }
  const latest = async () => (await factory.view(staging, '')).pointers['manager/latest'];

  test('preflight lists what is missing, and ends with 1 until nothing is', async () => {
    const { code, output } = await run(['preflight']);
    expect(code).toBe(1);
    expect(output).toContain(
      `aws kms create-grant --key-id ${factory.imageKeyArn} --grantee-principal arn:aws:iam::${production}:`,
    );
    await factory.prepareLaunch(production);
    await expect(run(['preflight'])).resolves.toEqual({ code: 0, output: '{\n  "launchProblems": []\n}\n' });
  });

  test('share what a build made, pin, unpin and withdraw, through the built function', async () => {
    const [older = '', newer = ''] = await factory.buildInOrder('manager', 2);
    for (const imageId of [older, newer]) await factory.record(imageId);
    const dry = await run(['reconcile', '--dry-run']);
    // Permissions and IMDSv2 of two images, and tags in two accounts. Pointers follow what is shared, which in a dry run is nothing.
    expect(JSON.parse(dry.output)).toMatchObject({ dryRun: true, images: 2, driftFound: 2 + 2 + 2, driftRepaired: 0 });
    expect(await latest()).toBeUndefined();

    expect((await run(['reconcile'])).code).toBe(0);
    expect(await latest()).toBe(newer);
    expect((await run(['pin', 'staging', older])).code).toBe(0);
    expect(await latest()).toBe(older);
    expect((await run(['unpin', 'staging', 'manager'])).code).toBe(0);
    expect(await latest()).toBe(newer);
    expect((await run(['withdraw', newer, '--reason', 'bad'])).code).toBe(0);
    expect(await latest()).toBe(older);
    expect(await run(['withdraw', older])).toEqual({
      code: 2,
      output: expect.stringContaining('reason is no reason; give 1 to 256 letters') as unknown,
    });
    // What only the function knows: it is withdrawn.
    expect(await run(['pin', 'staging', newer])).toEqual({
      code: 1,
      output: expect.stringMatching(/FunctionFailedError: \w+Error: /) as unknown,
    });
  });

  test('credentials of another account are refused before anything is asked', async () => {
    await expect(run(['reconcile'], staging)).resolves.toEqual({
      code: 1,
      output: `Error: These are credentials of ${staging}, not of ${opsAccount}; set AWS_PROFILE. ${opsAccount} is a placeholder: write the id of your account into config/\n`,
    });
  });

  test('allow-images sets who images may come from, with the credentials of the environment', async () => {
    const wanted = { state: 'audit-mode', providers: [opsAccount, '099720109477', 'amazon'] };
    const before = { state: 'disabled', providers: [] };
    const set = async (...args: string[]) =>
      JSON.parse((await run(['allow-images', 'staging', ...args], staging)).output) as unknown;
    expect(await set('--dry-run')).toEqual({ before, wanted, dryRun: true });
    expect(await set()).toEqual({ before, wanted, dryRun: false });
    expect(await set()).toEqual({ before: wanted, wanted, dryRun: false });
    expect((await run(['allow-images', 'staging'])).code).toBe(1);
  });

  test('a queue that is not there names what to deploy', async () => {
    expect(await run(['redrive'])).toMatchObject({
      code: 1,
      output: expect.stringMatching(/There is no queue .*-dead-letters .*deploy the stack ops first/) as unknown,
    });
  });

  describe('redrive', () => {
    let QueueUrl = '';
    let sqs: SQSClient;
    beforeAll(async () => {
      sqs = new SQSClient(factory.ops);
      ({ QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'packer-ami-sharing-dead-letters' })));
      for (const name of ['boundless-notices', 'packer-ami-cleanup'])
        await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead-letters` }));
    });
    const send = (body: unknown, reason: string) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
          MessageAttributes: { ErrorMessage: { DataType: 'String', StringValue: reason } },
        }),
      );
    const waiting = async () => {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
      );
      return Number(Attributes?.ApproximateNumberOfMessages);
    };

    test('hands every event to the function once; what fails again stays', async () => {
      const imageId = await factory.build('manager');
      await send(exportedBy(imageId), 'throttled');
      await send(exportedBy('ami-latest'), 'refused');
      await send('no event', 'who knows');

      const dry = await run(['redrive', '--dry-run']);
      expect(dry).toMatchObject({
        code: 0,
        output: expect.stringContaining('packer-ami-sharing: 3 events to send again') as unknown,
      });
      expect(dry.output).toContain(': throttled\n');
      expect(dry.output).toContain('boundless-notices: 0 events to send again');
      expect(await waiting()).toBe(3);

      const { code, output } = await run(['redrive']);
      expect(code).toBe(1);
      for (const part of [
        'is handled',
        'failed again: InvalidEventError: The event is refused: AMI_ID is "ami-latest"',
        'is no JSON; look at it',
        'packer-ami-sharing: 1 events handled, 2 left.',
        'boundless-notices: 0 events handled, 0 left.',
      ])
        expect(output).toContain(part);
      expect(await latest()).toBe(imageId);
      expect(await waiting()).toBe(2);
    });

    test('--json prints the result alone on standard output', async () => {
      const env = { ...process.env, ...(await factory.aws.environment(opsAccount)) };
      const { stdout, stderr } = await runCommand(sharingCommand, ['redrive', '--dry-run', '--json'], { env });
      expect(JSON.parse(stdout)).toEqual({
        dryRun: true,
        functions: expect.arrayContaining([{ functionName: 'packer-ami-sharing', handled: 0, left: 2 }]) as unknown,
      });
      expect(stderr).toContain('packer-ami-sharing: 2 events to send again; nothing was changed.');
    });

    test('takes no more messages than --max', async () => {
      expect((await run(['redrive', '--max', '1'])).output).toContain('0 events handled, 1 left.');
    });
  });
});
