import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperatorError } from '../common/errors';
import { terraform } from '../terraform/run';
import { movesOf } from './moves';
import { following, parseState, readState, type State } from './state';

export interface AdoptProps {
  /** Folders of the synthesized stacks. */
  readonly folders: { readonly account: string; readonly cluster: string };
  /** Where copies of the states of before are kept. */
  readonly backups: string;
  /** A copy of the cluster's state from before it forgot; otherwise its state of now is read. */
  readonly clusterState: string | undefined;
  readonly dryRun: boolean;
  readonly report: (line: string) => void;
  /** For Terraform, such as credentials. @default - those at hand */
  readonly environment?: Readonly<Record<string, string>>;
}

interface Synthesized {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly removed?: readonly { readonly from: string }[];
}

const synthesized = (folder: string): Synthesized => {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'cdk.tf.json'), 'utf8')) as Synthesized;
  } catch (cause) {
    throw new OperatorError(`${folder} has no synthesized stack; run \`make synth\` first`, { cause });
  }
};

/** Addresses that the cluster's stack forgets, and the account's stack has. */
export function adoptedAddresses(folders: AdoptProps['folders']): readonly string[] {
  const { resource = {} } = synthesized(folders.account);
  return (synthesized(folders.cluster).removed ?? [])
    .map(({ from }) => from)
    .filter((address) => {
      const [type = '', name = ''] = address.split('.');
      return resource[type]?.[name] !== undefined;
    });
}

/**
 * Moves what belongs to the account's stack now from the cluster's state to the account's. It changes states alone, and
 * nothing in AWS.
 *
 * The account's state is written first: a run that ends between the two writes leaves resources in both, which the next run
 * finds, and which the cluster's stack only ever forgets. Terraform refuses a write over a state that changed meanwhile.
 *
 * @returns how many resources moved, or would move
 * @throws OperatorError when Terraform fails, or both states have another resource of the same address
 */
export async function adopt(props: AdoptProps): Promise<number> {
  const { folders, report, dryRun, environment = {} } = props;
  const adopted = adoptedAddresses(folders);
  const run = async (folder: string, ...args: readonly string[]): Promise<string> => {
    const { code, output, stdout } = await terraform(folder, args, environment);
    if (code !== 0) throw new OperatorError(`terraform ${args.join(' ')} failed in ${folder}:\n${output}`);
    return stdout;
  };
  const pull = async (folder: string): Promise<State> => {
    await run(folder, 'init', '-no-color');
    const state = parseState(await run(folder, 'state', 'pull'), `the state of ${folder}`);
    const backup = path.join(props.backups, `${path.basename(folder)}-${state.serial}.tfstate`);
    mkdirSync(props.backups, { recursive: true });
    writeFileSync(backup, state.text, { mode: 0o600 });
    report(`kept     ${backup}`);
    return state;
  };
  const account = await pull(folders.account);
  const cluster = props.clusterState === undefined ? await pull(folders.cluster) : readState(props.clusterState);
  const { move, forget } = movesOf(adopted, cluster, account);
  for (const address of move) report(`${dryRun ? 'would move' : 'moves'}    ${address}`);
  for (const address of forget)
    report(`${dryRun ? 'would forget' : 'forgets'}  ${address}: the account's state has it already`);
  if (dryRun || move.length + forget.length === 0) return move.length;

  const work = mkdtempSync(path.join(tmpdir(), 'adopt-'));
  try {
    const file = (name: string) => path.join(work, `${name}.tfstate`);
    writeFileSync(file('cluster'), cluster.text, { mode: 0o600 });
    if (account.text !== '') writeFileSync(file('account'), account.text, { mode: 0o600 });
    for (const address of move)
      await run(
        work,
        'state',
        'mv',
        '-backup=-',
        `-state=${file('cluster')}`,
        `-state-out=${file('account')}`,
        address,
        address,
      );
    if (forget.length > 0) await run(work, 'state', 'rm', '-backup=-', `-state=${file('cluster')}`, ...forget);
    const push = async (name: 'account' | 'cluster', before: State) => {
      writeFileSync(file(name), following(readFileSync(file(name), 'utf8'), before), { mode: 0o600 });
      await run(folders[name], 'state', 'push', file(name));
      report(`written  the state of ${path.basename(folders[name])}`);
    };
    if (move.length > 0) await push('account', account);
    if (props.clusterState === undefined) await push('cluster', cluster);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return move.length;
}
