import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { startFaultProxy, type Decide } from '../../../lab/local-aws/fault-proxy';
import { describeWith, localAws } from '../../support/tools';
import { answers, pythonPackages } from './python';

jest.setTimeout(60_000);

const canary = 'canary';
const right = {
  'database-password': `${canary}-database`,
  'valkey-password': `${canary}-valkey`,
  storage: JSON.stringify({ accessKeyId: 'AKIACANARY', secretAccessKey: canary }),
  'wallet-key': 'ca'.repeat(32),
  'rpc-urls': `https://rpc.example.com/${canary}`,
};
type Secrets = Readonly<Record<string, string | null>>;

describeWith([localAws, ...pythonPackages], 'secrets and parameters', () => {
  let aws: LocalAws;
  let environment: Record<string, string>;
  let environments = 0;
  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    environment = await aws.environment('111111111111');
  });
  afterAll(() => aws.stop());

  /**
   * The result of an expression, of a store of its own in which these secrets are: null is one that was never given a
   * value. `prepare` is Python that changes something before.
   */
  async function read(expression: string, secrets: Secrets, prepare = '', decide?: Decide) {
    environments += 1;
    const proxy = await startFaultProxy(aws.endpoint, decide);
    try {
      const { answers: given, log } = await answers(
        `
import boto3
from bento_boot.store import Store
below = "/boundless/test${environments}/prover-cluster"
direct = boto3.client("secretsmanager", endpoint_url="${aws.endpoint}")
for name, value in json.loads(${JSON.stringify(JSON.stringify(secrets))}).items():
    direct.create_secret(Name=f"{below}/{name}", **({} if value is None else {"SecretString": value}))
${prepare}
store = Store("test${environments}", "us-west-2")
def answer(_):
    return ${expression}`,
        [null],
        { ...environment, AWS_ENDPOINT_URL: proxy.endpoint },
      );
      expect(JSON.stringify(given[0]?.refused ?? '') + log).not.toContain(canary);
      return { ...given[0]!, below: `/boundless/test${environments}/prover-cluster`, calls: proxy.calls, log };
    } finally {
      await proxy.close();
    }
  }

  test('a role reads its own secrets, and no others', async () => {
    const { value, calls } = await read('store.secrets("prover")', right);
    expect(value).toEqual({
      'database-password': right['database-password'],
      'valkey-password': right['valkey-password'],
      storage: right.storage,
    });
    expect(calls.map(({ action }) => action)).toEqual(Array(3).fill('secretsmanager:GetSecretValue'));
  });

  test('an optional one is there or not', async () => {
    expect((await read('store.secrets("manager")', right)).value).toEqual(right);
    const more = { ...right, 'order-stream-url': 'wss://orders.example.com' };
    expect((await read('store.secrets("manager")', more)).value).toEqual(more);
    const { refused, below } = await read('store.secrets("manager")', { ...right, 'order-stream-url': canary });
    expect(refused).toBe(
      `secrets are not right: ${below}/order-stream-url is not an address with https:// or wss:// and no port but 443, which is all that instances reach`,
    );
  });

  test('all that are not there, empty, without a value, binary or deleted are named at once', async () => {
    const others = Object.fromEntries(Object.entries(right).filter(([name]) => name !== 'wallet-key'));
    const { refused, below } = await read(
      'store.secrets("manager")',
      { ...others, 'rpc-urls': null, 'valkey-password': '  \n' },
      `direct.delete_secret(SecretId=f"{below}/storage")
direct.delete_secret(SecretId=f"{below}/database-password", ForceDeleteWithoutRecovery=True)
direct.create_secret(Name=f"{below}/database-password", SecretBinary=b"${canary}")`,
    );
    for (const name of ['wallet-key', 'rpc-urls', 'valkey-password', 'database-password'])
      expect(refused).toContain(`${below}/${name} has no value`);
    expect(refused).toMatch(new RegExp(`${below}/storage cannot be read: InvalidRequestException: .*deleted`));
    expect(refused).toMatch(/; put them into Secrets Manager$/);
  });

  test.each([
    ['wallet-key', `0x${'g'.repeat(64)}${canary}`, 'is not 64 hexadecimal digits'],
    ['rpc-urls', `https://a.example, ${canary}`, 'is not addresses with https:// and no port but 443'],
    ['rpc-urls', `https://a.example,`, 'is not addresses'],
    ['valkey-password', `${canary}\u0000`, 'is not printable ASCII'],
    ['database-password', `${canary}\nsecond line`, 'is not letters, digits and'],
    ['database-password', `${canary}@host/`, 'is not letters, digits and'],
    ['storage', canary, 'is not a JSON object with accessKeyId and secretAccessKey'],
    ['storage', `["${canary}"]`, 'is not a JSON object with accessKeyId and secretAccessKey'],
    ['storage', `{"accessKeyId": "${canary}"}`, 'is not a JSON object with accessKeyId and secretAccessKey'],
    [
      'storage',
      `{"accessKeyId": "${canary}", "secretAccessKey": 1}`,
      'is not a JSON object with accessKeyId and secretAccessKey',
    ],
    // An SDK would take an empty key for none, and use the instance's role: the check would lie.
    [
      'storage',
      `{"accessKeyId": "", "secretAccessKey": "${canary}"}`,
      'is not a JSON object with accessKeyId and secretAccessKey',
    ],
  ])('%s that is %j is refused by its form', async (name, value, reason) => {
    const { refused, below } = await read('store.secrets("manager")', { ...right, [name]: value });
    expect(refused).toContain(`${below}/${name} ${reason}`);
  });

  describe('that have no value yet', () => {
    const unfilled = { ...right, 'wallet-key': null, 'rpc-urls': null };
    const hasty = (withinS: number) => `
import time
from bento_boot import store as module
module.FILLED_WITHIN_S = ${withinS}
pause, waited = time.sleep, []
time.sleep = lambda seconds: pause(seconds / 200)
fillings = {1: ("rpc-urls", "https://rpc.example.com/${canary}"), 3: ("wallet-key", "${'ca'.repeat(32)}")}
def waiting():
    waited.append(1)
    if len(waited) in fillings:
        name, value = fillings[len(waited)]
        direct.put_secret_value(SecretId=f"{below}/{name}", SecretString=value)`;
    const expression = '[store.filled_secrets("manager", waiting), len(waited)]';

    test('are waited for, and the log names them whenever the list changes', async () => {
      const { value, below, log } = await read(expression, unfilled, hasty(60));
      expect(value).toEqual([{ ...right }, 3]);
      expect(log.trim().split('\n')).toEqual([
        expect.stringMatching(
          `waiting 1 min at most: .*${below}/wallet-key has no value; ${below}/rpc-urls has no value`,
        ),
        expect.stringMatching(`waiting 1 min at most: secrets are missing: ${below}/wallet-key has no value; put`),
      ]);
    });

    test('fail the boot after a while', async () => {
      const { refused, below } = await read(expression, unfilled, hasty(0));
      expect(refused).toMatch(`secrets are missing: ${below}/wallet-key has no value; ${below}/rpc-urls has no value`);
    });

    test('are not waited for where another one is wrong', async () => {
      const denied = await read(
        expression,
        { ...unfilled, storage: null },
        `${hasty(60)}
direct.delete_secret(SecretId=f"{below}/storage")`,
      );
      expect(denied.refused).toMatch(
        /wallet-key has no value.*storage cannot be read|storage cannot be read.*wallet-key/,
      );
      expect(denied.log).not.toContain('waiting');
      const malformed = await read(expression, { ...right, 'wallet-key': canary }, hasty(60));
      expect([malformed.refused, malformed.log]).toEqual([expect.stringContaining('is not 64 hexadecimal digits'), '']);
    });
  });

  test('that may not be read are named with the reason', async () => {
    const { refused, below } = await read('store.secrets("prover")', right, '', () => 'deny');
    for (const name of ['database-password', 'valkey-password', 'storage'])
      expect(refused).toContain(`${below}/${name} cannot be read: AccessDeniedException: injected`);
    expect((await read('store.parameter("settings")', {}, '', () => 'deny')).refused).toMatch(
      /the parameter \S+\/settings cannot be read: AccessDeniedException/,
    );
  });

  test('are requested again when AWS throttles or fails', async () => {
    const { value, calls } = await read('len(store.secrets("prover"))', right, '', (_, index) =>
      index === 0 ? 'throttle' : index === 1 ? 'break' : undefined,
    );
    expect([value, calls.length]).toEqual([3, 5]);
  });

  test('a parameter that does not exist has no value', async () => {
    const { value, below } = await read('store.parameter("broker-configuration")', {});
    expect(value).toEqual([`${below}/broker-configuration`, null]);
  });
});
