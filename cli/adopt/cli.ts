import path from 'node:path';
import { parseArgs } from 'node:util';
import { environmentNamed } from '../../config';
import { stacks } from '../../config/names';
import { command } from '../common/command';
import { adopt } from './adopt';

const usage = `usage: make adopt ENV=<environment> [DRY_RUN=1]
       ./factory adopt <environment> [--dry-run] [--cluster-state <file>]

Moves roles, key, secrets and storage of a cluster from the state of its stack to the state of the account's stack, once,
after an upgrade from a version in which they belonged to the cluster's stack. It changes states, and nothing in AWS; copies
of both states stay in .build/adopt. Run it with credentials of the account, after \`make synth\`, and before the account's
stack is deployed.

  --dry-run               print what would move, and change nothing
  --cluster-state <file>  an older version of the cluster's state, where a deployment of the cluster came first and its
                          state has forgotten them

exit codes: 0 moved, or nothing to move; 1 not moved; 2 wrong arguments`;

interface Arguments {
  readonly environment: string;
  readonly dryRun: boolean;
  readonly clusterState: string | undefined;
}

export function parse(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false }, 'cluster-state': { type: 'string' } },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new Error('Name one environment.');
  return {
    environment: environmentNamed(name).environment,
    dryRun: values['dry-run'],
    clusterState: values['cluster-state'],
  };
}

async function run({ environment, dryRun, clusterState }: Arguments): Promise<number> {
  const folder = (stack: string) => path.resolve('cdktf.out', 'stacks', stack);
  const moved = await adopt({
    folders: { account: folder(stacks.serviceAccount(environment)), cluster: folder(stacks.cluster(environment)) },
    backups: path.resolve('.build', 'adopt'),
    clusterState,
    dryRun,
    report: console.log,
  });
  if (moved === 0) console.log("There is nothing to move: the account's state has all that belongs to it.");
  else if (!dryRun)
    console.log(
      `${moved} resources moved. Next: npx cdktf deploy ${stacks.serviceAccount(environment)}, and then the cluster.`,
    );
  return 0;
}

export const adoptCommand = command({
  summary: "move a cluster's roles, key and secrets to the account's state, once",
  usage,
  parse,
  run,
});
