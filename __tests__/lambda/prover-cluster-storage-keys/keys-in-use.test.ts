import { ListAccessKeysCommand, UpdateAccessKeyCommand, type ListAccessKeysCommandOutput } from '@aws-sdk/client-iam';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Clients } from '../../../lambda/prover-cluster-storage-keys/clients';
import { steps } from '../../../lambda/prover-cluster-storage-keys/event';
import type { LocalAws } from '../../../lab/local-aws';
import { describeWith, localAws } from '../../support/tools';
import { LocalStorage } from './local-storage';

jest.setTimeout(60_000);
const saved = { ...process.env };
/** IAM's LimitExceeded is one of the errors that the SDK tries again, with pauses of seconds. */
const hasty = { retryMode: 'standard' as const, maxAttempts: 1 };

/** Lets IAM answer ListAccessKeys with something else than it has; `look` counts from 0. */
const listing =
  (change: (keys: ListAccessKeysCommandOutput, look: number) => Promise<ListAccessKeysCommandOutput>) =>
  ({ iam }: Clients): void => {
    let look = 0;
    iam.middlewareStack.add(
      (next, context) => async (given) => {
        const answer = await next(given);
        if (context.commandName !== ListAccessKeysCommand.name) return answer;
        const output = await change(answer.output as ListAccessKeysCommandOutput, look);
        look += 1;
        return { ...answer, output };
      },
      { step: 'initialize' },
    );
  };

/** The first looks do not show this key yet. */
const hidden = (id: string, looks: number) =>
  listing((keys, look) =>
    Promise.resolve({
      ...keys,
      AccessKeyMetadata: (keys.AccessKeyMetadata ?? []).filter(
        ({ AccessKeyId }) => look >= looks || AccessKeyId !== id,
      ),
    }),
  );

describeWith([localAws], 'keys in use', () => {
  let aws: LocalAws;
  let storage: LocalStorage;

  beforeAll(async () => {
    aws = await LocalStorage.start();
  });
  afterAll(() => aws.stop());
  beforeEach(async () => {
    storage = await LocalStorage.on(aws);
    process.env = { ...saved, ...storage.environment() };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });

  const put = (value: string | Uint8Array, token?: string) =>
    storage.secrets.send(
      new PutSecretValueCommand({
        SecretId: storage.secretArn,
        ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }),
        ...(token !== undefined && { ClientRequestToken: token, VersionStages: ['AWSPENDING'] }),
      }),
    );
  const foreign = JSON.stringify({ accessKeyId: 'AKIAOFANOTHERUSER00', secretAccessKey: 'x' });

  /** Does what a message asks for, to the letter. */
  async function follow(message = ''): Promise<void> {
    const [, options = ''] = /aws secretsmanager update-secret-version-stage ([^;]+);/.exec(message) ?? [];
    const option = (name: string) => new RegExp(`--${name} (\\S+)`).exec(options)?.[1];
    await storage.secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: option('secret-id'),
        VersionStage: option('version-stage'),
        RemoveFromVersionId: option('remove-from-version-id'),
        MoveToVersionId: option('move-to-version-id'),
      }),
    );
  }

  test.each([1, 2, 3])('the current key stays where IAM does not list it for %i looks', async (looks) => {
    await storage.rotate();
    await storage.rotate();
    const { accessKeyId: current } = await storage.key('AWSCURRENT');
    const token = await storage.begin();
    const { error } = await storage.step('createSecret', token, undefined, {}, hidden(current, looks));
    expect(error).toBeUndefined();
    expect(await storage.keyIds()).toContain(current);
    await storage.rotate(token);
    expect(await storage.keyIds()).toEqual([current, (await storage.key('AWSCURRENT')).accessKeyId].sort());
  });

  test('where IAM never lists the current key, no key is deleted', async () => {
    await storage.rotate();
    await storage.rotate();
    const before = await storage.keyIds();
    const { accessKeyId: current } = await storage.key('AWSCURRENT');
    const token = await storage.begin();
    for (const step of ['createSecret', 'setSecret'] as const)
      expect((await storage.step(step, token, undefined, hasty, hidden(current, 99))).error).toBeInstanceOf(Error);
    expect(await storage.keyIds()).toEqual(before);
  });

  test('where Secrets Manager does not find the current value once, no key is deleted', async () => {
    await storage.rotate();
    await storage.rotate();
    const before = await storage.keyIds();
    const token = await storage.begin();
    const current = Object.entries(await storage.labels()).find(([, has]) => has.includes('AWSCURRENT'))?.[0];
    const { error } = await storage.step('createSecret', token, undefined, hasty, ({ secrets }) => {
      secrets.middlewareStack.add(
        (next, context) => (given) => {
          const { VersionId } = given.input as { VersionId?: string };
          if (context.commandName === GetSecretValueCommand.name && VersionId === current)
            throw new ResourceNotFoundException({ message: 'not yet', $metadata: {} });
          return next(given);
        },
        { step: 'initialize' },
      );
    });
    expect(error?.message).toContain('has the label AWSCURRENT, and Secrets Manager finds no value of it');
    expect(await storage.keyIds()).toEqual(before);
    await storage.rotate(token);
  });

  test('the new key stays where IAM does not list the current one while it is set', async () => {
    await storage.rotate();
    const { accessKeyId: current } = await storage.key('AWSCURRENT');
    const token = await storage.begin();
    await storage.step('createSecret', token);
    const before = await storage.keyIds();
    expect((await storage.step('setSecret', token, undefined, {}, hidden(current, 2))).error).toBeUndefined();
    expect(await storage.keyIds()).toEqual(before);
  });

  test('an invocation that was overtaken by the rest of the rotation deletes no key that is in use by then', async () => {
    await storage.rotate();
    const { accessKeyId: old } = await storage.key('AWSCURRENT');
    const token = await storage.begin();
    let rest: Promise<unknown> | undefined;
    const overtaken = listing(async (keys, look) => {
      if (look === 0) await (rest = storage.rotate(token));
      return keys;
    });
    await storage.step('createSecret', token, undefined, hasty, overtaken);
    await rest;
    const { accessKeyId: current } = await storage.key('AWSCURRENT');
    expect(await storage.keyIds()).toEqual([old, current].sort());
  });

  test('a current key that is switched off is not deleted: a person decides', async () => {
    await storage.rotate();
    await storage.rotate();
    const before = await storage.keyIds();
    const { accessKeyId: off } = await storage.key('AWSCURRENT');
    await storage.iam.send(
      new UpdateAccessKeyCommand({ UserName: storage.user, AccessKeyId: off, Status: 'Inactive' }),
    );
    const token = await storage.begin();
    const { error } = await storage.step('createSecret', token, undefined, hasty);
    expect(error?.message).toContain(`aws iam list-access-keys --user-name ${storage.user}`);
    expect(await storage.keyIds()).toEqual(before);
    await storage.deleteKey(off);
    await storage.rotate(token);
    expect(await storage.keyIds()).toEqual(
      [...before.filter((id) => id !== off), (await storage.key('AWSCURRENT')).accessKeyId].sort(),
    );
  });

  test.each<[string, string | Uint8Array]>([
    ['text', 'canary'],
    ['bytes', new Uint8Array([0xca, 0xfe])],
  ])(
    'a current value of %s that is no key: nothing is deleted, and what the message asks for works',
    async (_, junk) => {
      await storage.rotate();
      await storage.rotate();
      const before = await storage.keyIds();
      const { accessKeyId: used } = await storage.key('AWSCURRENT');
      await put(junk);
      const token = await storage.begin();
      const { error } = await storage.step('createSecret', token);
      expect(error?.message).toMatch(/has the label AWSCURRENT and holds no key/);
      expect(error?.message).not.toContain('canary');
      expect(await storage.keyIds()).toEqual(before);
      await follow(error?.message);
      await storage.rotate(token);
      expect(await storage.keyIds()).toEqual([used, (await storage.key('AWSCURRENT')).accessKeyId].sort());
    },
  );

  test('no key in the current version or in the one before: a key that is put in helps', async () => {
    await storage.rotate();
    const key = await storage.key('AWSCURRENT');
    for (const junk of ['canary', 'again']) await put(junk);
    const token = await storage.begin();
    const { error } = await storage.step('createSecret', token);
    expect(error?.message).toContain(
      `aws secretsmanager put-secret-value --secret-id ${storage.secretArn} --secret-string`,
    );
    await put(JSON.stringify(key));
    await storage.rotate(token);
    expect(await storage.keyIds()).toEqual([key.accessKeyId, (await storage.key('AWSCURRENT')).accessKeyId].sort());
  });

  test('no key in the version before and a key of another user in the current one: the message names the label, and works', async () => {
    await storage.rotate();
    const before = await storage.keyIds();
    for (const value of ['canary', foreign]) await put(value);
    const token = await storage.begin();
    const { error } = await storage.step('createSecret', token);
    expect(error?.message).toMatch(/has the label AWSPREVIOUS and holds no key.* --version-stage AWSPREVIOUS /);
    expect(await storage.keyIds()).toEqual(before);
    await follow(error?.message);
    await storage.rotate(token);
    expect(await storage.keyIds()).toEqual([(await storage.key('AWSCURRENT')).accessKeyId]);
    await storage.rotate();
  });

  test('the same, where the user has no key that could be in use: it needs nobody', async () => {
    for (const value of ['canary', foreign]) await put(value);
    await storage.rotate();
    expect(await storage.keyIds()).toEqual([(await storage.key('AWSCURRENT')).accessKeyId]);
  });

  test('a pending value that is no key is given up, and the next rotation works', async () => {
    await storage.rotate();
    for (const step of steps) {
      const token = await storage.begin();
      await put('canary', token);
      const { error } = await storage.step(step, token);
      expect(error?.message).toContain(`Version ${token} holds no key, so it was given up; rotate again`);
    }
    await storage.rotate();
    expect(await storage.keyIds()).toHaveLength(2);
  });
});
