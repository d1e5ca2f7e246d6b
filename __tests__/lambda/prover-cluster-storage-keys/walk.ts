import { steps, type Step } from '../../../lambda/prover-cluster-storage-keys/event';
import type { Decide } from '../../../lab/local-aws/fault-proxy';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import type { Storage } from './storage';

/** A step, the calls that it made, its error, and what Secrets Manager and IAM hold after it. */
export type Walked = readonly unknown[];

/** Calls of each service, in steps that change nothing more; the first one goes wrong in every way. */
const asked: readonly [Step, string][] = [
  ['createSecret', 'secretsmanager:GetSecretValue'],
  ['setSecret', 'iam:ListAccessKeys'],
  ['testSecret', 's3:HeadBucket'],
  ['testSecret', 's3:PutObject'],
];
const faults: readonly Fault[] = ['throttle', 'deny', 'miss', 'expire', 'break', 'lose'];
/** Calls that change something, and whose answer is lost. */
const changing: readonly [Step, string][] = [
  ['createSecret', 'iam:CreateAccessKey'],
  ['createSecret', 'secretsmanager:PutSecretValue'],
  ['finishSecret', 'secretsmanager:UpdateSecretVersionStage'],
];

/**
 * Rotates a key in all ways that the tests in memory rely on: the first time, again, again after it is over, and with
 * every fault at a call of each service. What names one storage, and tokens, are left out.
 */
export async function walk(storage: Storage): Promise<readonly Walked[]> {
  const walked: Walked[] = [];
  const tokens: string[] = [];
  const begin = async () => {
    tokens.push(await storage.begin());
    return tokens.at(-1) ?? '';
  };
  const plain = (text = '') =>
    tokens
      .reduce((rest, token, n) => rest.replaceAll(token, `version-${n}`), text)
      .replaceAll(storage.secretArn, 'secret')
      .replaceAll(storage.user, 'storage');

  async function step(name: Step, token: string, decide?: Decide) {
    const { error, calls } = await storage.step(name, token, decide, { maxAttempts: 1 });
    const labels = Object.entries(await storage.labels()).map(([id, of]) => `${plain(id)}: ${[...of].sort().join()}`);
    walked.push([
      name,
      calls.map(({ action }) => action),
      // Errors of Node.js sockets are of another realm than Jest's: the SDK takes them for no errors, and wraps them.
      plain(error?.message).replace('Error: AWS SDK error wrapper for TimeoutError', 'TimeoutError'),
      labels.filter((label) => !label.endsWith(': ')).sort(),
      (await storage.keyIds()).length,
      (await storage.files()).map(plain),
    ]);
  }
  async function rotate(token: string) {
    for (const name of steps) await step(name, token);
  }

  const first = await begin();
  for (const name of ['setSecret', ...steps] as const) await step(name, first);
  await rotate(await begin());
  await rotate(await begin());
  await rotate(first);

  const goesWrong = (action: string, fault: Fault): Decide => {
    let left = 1;
    return (call) => (call.action === action && left-- > 0 ? fault : undefined);
  };
  const token = await begin();
  await step('createSecret', token);
  for (const [name, action] of asked) for (const fault of faults) await step(name, token, goesWrong(action, fault));
  await rotate(token);
  for (const [name, action] of changing) {
    const next = await begin();
    for (const before of steps.slice(0, steps.indexOf(name))) await step(before, next);
    await step(name, next, goesWrong(action, 'lose'));
    await rotate(next);
  }
  return walked;
}
