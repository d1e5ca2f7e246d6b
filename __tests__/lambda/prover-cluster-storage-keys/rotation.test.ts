import { randomUUID } from 'node:crypto';
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { steps } from '../../../lambda/prover-cluster-storage-keys/event';
import type { LocalAws } from '../../../lab/local-aws';
import { identityPolicy, listOf } from '../../support/policies';
import { stackOf, synthesize } from '../../support/synthesized';
import { describeWith, localAws } from '../../support/tools';
import { LocalStorage } from './local-storage';
import { MemoryStorage } from './memory-storage';
import { walk } from './walk';

jest.setTimeout(60_000);
const saved = { ...process.env };

describeWith([localAws], "rotation of the storage's key", () => {
  let aws: LocalAws;
  let storage: LocalStorage;
  let output: string;

  beforeAll(async () => {
    aws = await LocalStorage.start();
  });
  afterAll(() => aws.stop());
  beforeEach(async () => {
    storage = await LocalStorage.on(aws);
    process.env = { ...saved, ...storage.environment(), POWERTOOLS_DEV: 'false' };
    output = '';
    const record = (...texts: unknown[]) => {
      output += texts.map(String).join(' ');
      return true;
    };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation(record);
    for (const level of ['info', 'error', 'warn', 'log'] as const)
      jest.spyOn(console, level).mockImplementation(record);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });

  test('the first one makes a key for a secret that never had a value', async () => {
    const token = await storage.rotate();
    expect(await storage.labels()).toEqual({ [token]: ['AWSCURRENT'] });
    expect(await storage.keyIds()).toEqual([(await storage.key('AWSCURRENT')).accessKeyId]);
    expect(await storage.files()).toEqual([]);
  });

  test('the key of before works for one more period, and goes with the next rotation', async () => {
    const keys: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      await storage.rotate();
      keys.push((await storage.key('AWSCURRENT')).accessKeyId);
      expect(await storage.keyIds()).toEqual(keys.slice(-2).sort());
      if (round > 0) expect((await storage.key('AWSPREVIOUS')).accessKeyId).toBe(keys.at(-2));
    }
    expect(new Set(keys).size).toBe(4);
  });

  test('every step can be repeated, and a late repetition of the whole changes nothing', async () => {
    await storage.rotate();
    const token = await storage.begin();
    for (const step of steps.flatMap((each) => [each, each]))
      expect((await storage.step(step, token)).error).toBeUndefined();
    const before = [await storage.labels(), await storage.keyIds(), await storage.key('AWSCURRENT')];
    for (const step of steps) expect((await storage.step(step, token)).error).toBeUndefined();
    expect([await storage.labels(), await storage.keyIds(), await storage.key('AWSCURRENT')]).toEqual(before);
  });

  test('a crash between the two calls of the last step keeps the key of before', async () => {
    await storage.rotate();
    const old = (await storage.key('AWSCURRENT')).accessKeyId;
    const token = await storage.begin();
    for (const step of steps.slice(0, 3)) await storage.step(step, token);
    const { error } = await storage.step('finishSecret', token, (_, index) => (index >= 7 ? 'deny' : undefined));
    expect(error).toBeInstanceOf(Error);
    expect((await storage.labels())[token]).toEqual(['AWSPENDING', 'AWSCURRENT']);
    for (const step of steps) expect((await storage.step(step, token)).error).toBeUndefined();
    expect((await storage.labels())[token]).toEqual(['AWSCURRENT']);
    expect(await storage.keyIds()).toContain(old);
  });

  test('a rotation that is over is refused: its version has no label any more', async () => {
    const token = await storage.rotate();
    await storage.rotate();
    await storage.rotate();
    const before = await storage.keyIds();
    for (const step of steps)
      expect((await storage.step(step, token)).error?.message).toContain('is neither pending nor current');
    expect(await storage.keyIds()).toEqual(before);
  });

  test('keys that nobody knows are deleted, and the one in use is not', async () => {
    await storage.rotate();
    const inUse = (await storage.key('AWSCURRENT')).accessKeyId;
    const unknown = await storage.makeKey();
    await storage.rotate();
    expect(await storage.keyIds()).toEqual([inUse, (await storage.key('AWSCURRENT')).accessKeyId].sort());
    expect(await storage.keyIds()).not.toContain(unknown);
  });

  test('a current key that was deleted by hand leaves the one of before', async () => {
    await storage.rotate();
    await storage.rotate();
    const { accessKeyId: before } = await storage.key('AWSPREVIOUS');
    await storage.deleteKey((await storage.key('AWSCURRENT')).accessKeyId);
    await storage.rotate();
    expect(await storage.keyIds()).toEqual([before, (await storage.key('AWSCURRENT')).accessKeyId].sort());
  });

  test('a new key that is gone from IAM is given up, and the next rotation makes another', async () => {
    await storage.rotate();
    const token = await storage.begin();
    const before = await storage.keyIds();
    await storage.step('createSecret', token);
    const [made = ''] = (await storage.keyIds()).filter((id) => !before.includes(id));
    await storage.deleteKey(made);
    expect((await storage.step('setSecret', token)).error?.message).toContain('is gone from IAM');
    expect((await storage.labels())[token]).toEqual([]);
    await storage.rotate();
    expect(await storage.keyIds()).toHaveLength(2);
  });

  test('of two invocations at a time the slower one takes its own key back, and a key that it took is given up', async () => {
    await storage.rotate();
    const token = await storage.begin();
    const before = await storage.keyIds();
    const other = new PutSecretValueCommand({
      SecretId: storage.secretArn,
      ClientRequestToken: token,
      SecretString: JSON.stringify({ accessKeyId: 'AKIAOFTHEFASTERONE', secretAccessKey: 'x' }),
      VersionStages: ['AWSPENDING'],
    });
    let faster: Promise<unknown> | undefined;
    const slower = await storage.step('createSecret', token, ({ action }) => {
      if (action !== 'secretsmanager:PutSecretValue') return undefined;
      faster ??= storage.secrets.send(other);
      return 'delay';
    });
    await faster;
    expect(slower.error).toBeUndefined();
    expect(await storage.keyIds()).toEqual(before);
    expect((await storage.step('setSecret', token)).error?.message).toContain('is gone from IAM');
    await storage.rotate();
    expect(await storage.keyIds()).toHaveLength(2);
  });

  test('S3 takes a new key when it takes it, within the waits', async () => {
    const token = await storage.begin();
    await storage.step('createSecret', token);
    let refusals = 2;
    const late = await storage.step('testSecret', token, ({ action }) =>
      action === 's3:PutObject' && refusals-- > 0 ? 'miss' : undefined,
    );
    expect(late.error).toBeUndefined();
    const never = await storage.step('testSecret', token, ({ action }) =>
      action === 's3:PutObject' ? 'miss' : undefined,
    );
    expect(never.error?.message).toMatch(/S3 does not take the new key for storage-\S+ \(InvalidAccessKeyId\)/);
    expect(never.calls.filter(({ action }) => action === 's3:PutObject')).toHaveLength(3);
  });

  test('what is no event of this rotation is refused', async () => {
    const token = randomUUID();
    for (const [event, message] of [
      [{}, 'Step, SecretId, ClientRequestToken'],
      [{ Step: 'dropSecret', SecretId: storage.secretArn, ClientRequestToken: token }, 'Step'],
      [
        { Step: 'createSecret', SecretId: 'arn:of-another', ClientRequestToken: token },
        'is not the secret of this function',
      ],
      [{ Step: 'createSecret', SecretId: storage.secretArn, ClientRequestToken: token }, 'is not rotated'],
    ] as const)
      expect((await storage.invoke(event)).error?.message).toContain(message);
    await storage.begin();
    expect((await storage.step('createSecret', token)).error?.message).toContain('neither pending nor current');
    process.env['STORAGE_BUCKET'] = '';
    expect((await storage.step('createSecret', token)).error?.message).toContain('STORAGE_BUCKET');
  });

  test('a version without a key cannot be set, tested or made the current one', async () => {
    const token = await storage.begin();
    for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const)
      expect((await storage.step(step, token)).error?.message).toContain('has no key; createSecret comes first');
    expect(await storage.labels()).toEqual({ [token]: ['AWSPENDING'] });
  });

  test('a key that S3 no longer accepts is not made the current one, although testSecret passed', async () => {
    const current = await storage.rotate();
    const token = await storage.begin();
    for (const step of steps.slice(0, 3)) expect((await storage.step(step, token)).error).toBeUndefined();
    const { error } = await storage.step('finishSecret', token, ({ action }) =>
      action === 's3:PutObject' ? 'miss' : undefined,
    );
    expect(error?.message).toContain('S3 does not take the new key');
    expect(await storage.labels()).toMatchObject({ [current]: ['AWSCURRENT'], [token]: ['AWSPENDING'] });
    await storage.rotate(token);
  });

  test('no key is ever logged or thrown', async () => {
    await storage.rotate();
    const token = await storage.begin();
    const errors = [];
    for (const step of steps)
      for (const fault of ['miss', undefined] as const)
        errors.push(
          (await storage.step(step, token, ({ action }) => (action.startsWith('s3:') ? fault : undefined))).error,
        );
    const keys = [await storage.key('AWSCURRENT'), await storage.key('AWSPREVIOUS')];
    for (const { accessKeyId, secretAccessKey } of keys)
      for (const secret of [accessKeyId, secretAccessKey]) {
        expect(output).not.toContain(secret);
        expect(JSON.stringify(errors.map((error) => [error?.message, error?.stack, error]))).not.toContain(secret);
      }
    expect(output).toContain('finishSecret');
  });

  test('what it calls is granted to its role, and nothing else is', async () => {
    const used = new Set<string>();
    const note = async (step: (typeof steps)[number], token: string) => {
      for (const { action } of (await storage.step(step, token)).calls) used.add(action);
    };
    for (let round = 0; round < 3; round += 1) {
      const token = await storage.begin();
      for (const step of steps) await note(step, token);
    }
    const granted = identityPolicy(stackOf(synthesize(), 'staging'), 'prover-cluster-staging-storage-keys-role')
      .filter(({ Sid }) => !['WriteLogs', 'EncryptSecret'].includes(Sid))
      .flatMap(({ Action }) => listOf(Action));
    // S3 is asked with the key itself, that is as the user.
    const asUser = [...used].filter((action) => action.startsWith('s3:'));
    expect(asUser.sort()).toEqual(['s3:DeleteObject', 's3:GetObject', 's3:HeadBucket', 's3:PutObject']);
    expect([...used].filter((action) => !asUser.includes(action)).sort()).toEqual(granted.sort());
  });

  test('in memory, where every fault is tried at every call, it goes as on the local server', async () => {
    const onServer = await walk(storage);
    const memory = new MemoryStorage();
    Object.assign(process.env, memory.environment());
    expect(await walk(memory)).toEqual(onServer);
  });

  test('a label that an operator has moved back is respected', async () => {
    const first = await storage.rotate();
    const second = await storage.rotate();
    const move = { SecretId: storage.secretArn, VersionStage: 'AWSCURRENT' };
    await storage.secrets.send(
      new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: second, MoveToVersionId: first }),
    );
    const { accessKeyId } = await storage.key('AWSCURRENT');
    await storage.rotate();
    expect(await storage.keyIds()).toContain(accessKeyId);
  });
});
