import { spawn, spawnSync } from 'node:child_process';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { clusterPath, clusterSecrets } from '../../../config/names';
import { parse } from '../../../cli/secrets/arguments';
import { secretsCommand } from '../../../cli/secrets/cli';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { runCommand } from '../../support/run-command';
import { describeWith, localAws } from '../../support/tools';

jest.setTimeout(60_000);

const [staging, production] = ['222222222222', '333333333333'];
const canary = 'c0ffee'.repeat(10) + 'cafe';
const another = 'badc0de0'.repeat(8);
const entry = ['cli/run.mjs', 'cli/main.ts', 'secrets'];

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was refused');
}

describe('arguments', () => {
  test.each([
    [[], 'First comes an environment: staging|production'],
    [[canary], 'First comes an environment'],
    [['staging'], 'There is no such command'],
    [['staging', canary], 'There is no such command'],
    [['staging', 'set'], 'set takes one of wallet-key, rpc-urls, order-stream-url'],
    [['staging', 'set', 'storage'], 'set takes one of'],
    [['staging', 'set', canary], 'set takes one of'],
    [['staging', 'set', 'wallet-key', canary], 'set takes no value'],
    [['staging', 'set', 'wallet-key', `--${canary}`], 'an option that is not known'],
    [['staging', 'status', '--replace'], 'status takes nothing else'],
    [['staging', 'set', 'wallet-key', '--again'], '--again is for rotate'],
    [['staging', 'rotate', 'wallet-key'], 'rotate takes nothing but --again and --dry-run'],
  ])('%j are refused, and the message does not repeat them', (args, reason) => {
    const message = messageOf(() => parse(args));
    expect(message).toContain(reason);
    expect(message).not.toContain(canary);
  });

  // One start of the program: it prints that message and the usage, whatever the arguments are.
  test('that are refused end the program with 2, and are not printed', () => {
    const args = ['staging', 'set', 'wallet-key', canary];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...entry, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stdout + stderr).not.toContain(canary);
    expect(stderr).toContain(messageOf(() => parse(args)).replace(/^\w*Error: /, ''));
    expect(stderr).toContain('usage: npm run secrets');
  });

  test('--help', () => {
    const { status, stdout } = spawnSync(process.execPath, [...entry, '--help'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.stringContaining('exit codes:')]);
  });
});

describeWith([localAws], 'the command', () => {
  let aws: LocalAws;
  let client: SecretsManagerClient;
  const idOf = (name: string) => `${clusterPath('staging')}/${name}`;

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    client = new SecretsManagerClient(await aws.clientSettings(staging));
  });
  afterAll(() => aws.stop());
  beforeEach(async () => {
    for (const name of clusterSecrets) await client.send(new CreateSecretCommand({ Name: idOf(name) }));
  });
  afterEach(async () => {
    for (const name of clusterSecrets)
      await client.send(new DeleteSecretCommand({ SecretId: idOf(name), ForceDeleteWithoutRecovery: true }));
  });

  async function secrets(args: readonly string[], given = '', account = staging) {
    const env = { ...process.env, ...(await aws.environment(account)) };
    const { code, stdout, stderr } = await runCommand(secretsCommand, ['staging', ...args], { env, input: given });
    const output = stdout + stderr;
    for (const secret of [canary, another]) expect(output).not.toContain(secret);
    return { code, output };
  }
  const value = async (name: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId: idOf(name) }))).SecretString;
  const put = (name: string, SecretString: string) =>
    client.send(new PutSecretValueCommand({ SecretId: idOf(name), SecretString }));

  test('lists what is missing and how to get it, then that nothing is', async () => {
    expect(await secrets(['status'])).toEqual({
      code: 1,
      output: `database-password  missing    raise its number in secrets.passwordVersions, and deploy
valkey-password    missing    raise its number in secrets.passwordVersions, and deploy
storage            missing    npm run secrets -- staging rotate
wallet-key         missing    npm run secrets -- staging set wallet-key
rpc-urls           missing    npm run secrets -- staging set rpc-urls
order-stream-url   not set    only for a bento.deployment
`,
    });
    for (const name of ['database-password', 'valkey-password']) await put(name, another);
    await put('storage', JSON.stringify({ accessKeyId: 'AKIA', secretAccessKey: another }));
    expect((await secrets(['set', 'wallet-key'], `${canary}\n`)).code).toBe(0);
    expect((await secrets(['set', 'rpc-urls'], `https://rpc.example/${canary}, https://b`)).code).toBe(0);
    expect(await value('wallet-key')).toBe(canary);
    const done = await secrets(['status']);
    expect(done).toMatchObject({ code: 0, output: expect.stringMatching(/^wallet-key {9}right$/m) as unknown });
    expect(done.output).toMatch(/^storage {12}right {6}rotated never, next by never$/m);
    await put('wallet-key', canary.slice(1));
    expect(await secrets(['status'])).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        'malformed  is not 64 hexadecimal digits, with or without 0x; npm run secrets -- staging set wallet-key --replace',
      ) as unknown,
    });
  });

  test('puts another value in only where it is asked to, and the same one never again', async () => {
    await secrets(['set', 'wallet-key'], canary);
    const versions = async () =>
      Object.keys((await client.send(new DescribeSecretCommand({ SecretId: idOf('wallet-key') }))).VersionIdsToStages!);
    const before = await versions();
    expect(await secrets(['set', 'wallet-key'], canary)).toEqual({ code: 0, output: 'wallet-key is this already.\n' });
    expect(await secrets(['set', 'wallet-key'], another)).toEqual({
      code: 1,
      output: 'wallet-key has another value; give --replace to put this one in its place. Nothing was changed.\n',
    });
    expect(await secrets(['set', 'wallet-key', '--replace', '--dry-run'], another)).toEqual({
      code: 0,
      output: 'wallet-key would be replaced; nothing was changed.\n',
    });
    expect([await value('wallet-key'), await versions()]).toEqual([canary, before]);
    expect((await secrets(['set', 'wallet-key', '--replace'], another)).output).toMatch(/^wallet-key is replaced\./);
    expect(await value('wallet-key')).toBe(another);
  });

  test('a binary value is one that is there: it is shown as malformed, and stays unless it is to be replaced', async () => {
    const bytes = new Uint8Array([0xde, 0xad, 0xbe, 0xef]);
    await client.send(new PutSecretValueCommand({ SecretId: idOf('wallet-key'), SecretBinary: bytes }));
    const stored = async () => {
      const { SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: idOf('wallet-key') }));
      return SecretBinary && [...SecretBinary];
    };
    expect((await secrets(['status'])).output).toMatch(
      /^wallet-key {9}malformed {2}is binary, and instances read text; .* set wallet-key --replace$/m,
    );
    expect(await secrets(['set', 'wallet-key'], canary)).toEqual({
      code: 1,
      output:
        'wallet-key has a binary value, which is no text; give --replace to put this one in its place. Nothing was changed.\n',
    });
    expect(await stored()).toEqual([...bytes]);
    expect((await secrets(['set', 'wallet-key', '--replace'], canary)).output).toMatch(/^wallet-key is replaced\./);
    expect(await value('wallet-key')).toBe(canary);
  });

  test('what is longer than Secrets Manager takes is refused before it is asked', async () => {
    const address = 'https://rpc.example/';
    const ofBytes = (count: number) => address.padEnd(count, 'k');
    expect(await secrets(['set', 'rpc-urls'], ofBytes(65_537))).toEqual({
      code: 1,
      output:
        'rpc-urls: what was given has 65537 bytes, and Secrets Manager takes 65536 at most. Nothing was changed.\n',
    });
    await expect(value('rpc-urls')).rejects.toThrow();
    // Bytes count, not characters.
    expect((await secrets(['set', 'rpc-urls'], address.padEnd(40_000, 'ü'))).output).toContain('has 79980 bytes');
    expect((await secrets(['set', 'rpc-urls'], ofBytes(65_536))).code).toBe(0);
  });

  test.each([
    ['wallet-key', canary.slice(2), 'what was given is not 64 hexadecimal digits'],
    ['rpc-urls', `wss://${canary}`, 'what was given is not addresses with https:// and no port but 443'],
    ['order-stream-url', canary, 'what was given is not an address'],
    ['wallet-key', ' \n', 'nothing was given'],
  ])('%s: what is malformed is refused', async (name, given, reason) => {
    const { code, output } = await secrets(['set', name], given);
    expect([code, output]).toEqual([1, expect.stringContaining(reason)]);
    expect(output).not.toContain(given.trim() || canary);
    await expect(value(name)).rejects.toThrow();
  });

  test('refuses credentials of another account, and secrets that are not there', async () => {
    expect(await secrets(['set', 'wallet-key'], canary, production)).toMatchObject({
      code: 1,
      output: expect.stringContaining(`These are credentials of ${production}, not of ${staging}`) as unknown,
    });
    await client.send(new DeleteSecretCommand({ SecretId: idOf('wallet-key'), ForceDeleteWithoutRecovery: true }));
    expect(await secrets(['set', 'wallet-key'], canary)).toEqual({
      code: 1,
      output:
        'There is no secret /boundless/staging/prover-cluster/wallet-key; deploy prover-cluster-staging, which makes it.\n',
    });
    expect((await secrets(['status'])).output).toMatch(/^wallet-key {9}not there {2}deploy prover-cluster-staging$/m);
    await client.send(new CreateSecretCommand({ Name: idOf('wallet-key') }));
  });

  test('starts a rotation', async () => {
    const pending = async () =>
      Object.values(
        (await client.send(new DescribeSecretCommand({ SecretId: idOf('storage') }))).VersionIdsToStages ?? {},
      );
    expect((await secrets(['rotate', '--dry-run'])).code).toBe(0);
    expect(await pending()).toEqual([]);
    expect((await secrets(['rotate'])).output).toMatch(/^The rotation has begun/);
    expect(await pending()).toEqual([['AWSPENDING']]);
  });

  test('at a terminal it shows nothing of what is typed, and lets one change their mind', async () => {
    const env = { ...process.env, ...(await aws.environment(staging)) };
    // A terminal of Python's; it types, and prints what the terminal shows.
    const terminal = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:-1])
shown = b""
typed = False
while True:
    try:
        part = os.read(fd, 1024)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and b"(not shown): " in shown:
        typed = True
        os.write(fd, sys.argv[-1].encode().decode("unicode_escape").encode())
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
    const type = (text: string) =>
      new Promise<{ code: number | null; shown: string }>((resolve) => {
        const command = [process.execPath, ...entry, 'staging', 'set', 'wallet-key', text];
        const child = spawn('python3', ['-c', terminal, ...command], { env });
        let shown = '';
        child.stdout.setEncoding('utf8').on('data', (part: string) => (shown += part));
        child.on('close', (code) => {
          resolve({ code, shown });
        });
      });
    const cancelled = await type(`${canary}\\x03`);
    expect(cancelled.code).toBe(1);
    expect(cancelled.shown).toContain('Nothing was changed.');
    await expect(value('wallet-key')).rejects.toThrow();
    const { code, shown } = await type(`${canary}f\\x7f\\r`);
    expect({ code, shown }).toEqual({ code: 0, shown: expect.stringContaining('wallet-key is set.') as unknown });
    for (const text of [shown, cancelled.shown]) expect(text).not.toContain(canary.slice(0, 8));
    expect(await value('wallet-key')).toBe(canary);
  });
});
