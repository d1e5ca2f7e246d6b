import { parseArgs } from 'node:util';
import { environmentNamed, factory, type EnvironmentConfig } from '../../config';
import { imageKinds } from '../../config/names';
import { checkedCommand, type Command } from '../../lambda/packer-ami-sharing/commands/command';

const environments = factory.environments.map(({ environment }) => environment).join('|');

export const usage = `usage: npm run sharing -- <command> [options]

  reconcile [--dry-run]                        compare every image and account with what should be, and put it right
  preflight                                    check key policy, grants and roles: can instances start?
  withdraw <image id> --reason <why> [--dry-run]
                                               deprecate a bad image, move its pointers to the newest good one
  pin <${environments}> <image id> [--dry-run]
                                               hold the environment's pointer on an image
  unpin <${environments}> <${imageKinds.join('|')}> [--dry-run]
                                               let the pointer follow the newest image again
  allow-images <${environments}> [--dry-run]
                                               set who images may come from, as configured; with the environment's
                                               own credentials
  redrive [--dry-run] [--max <messages>] [--json]
                                               send the events in the dead-letter queues to their functions again

  --dry-run  print what would change, and change nothing
  --max      how many messages of each queue redrive takes at most; 100 by default
  --json     redrive prints {"dryRun", "functions": [{"functionName", "handled", "left"}]} on standard output, and all else on
             standard error; the other commands print JSON always
  --help     print this

The sharing Lambda does the work, so credentials that may invoke it (and, for redrive, read its dead-letter queue) are
enough. They come from where the AWS SDK looks (AWS_PROFILE, ...), and those of another account than ops are refused.

exit codes: 0 done, or nothing to do; 1 not, or a problem was found; 2 wrong usage`;

/** What was asked for. */
export type Action =
  | { readonly do: 'invoke'; readonly command: Command }
  | { readonly do: 'allow-images'; readonly environment: EnvironmentConfig; readonly dryRun: boolean }
  | { readonly do: 'redrive'; readonly dryRun: boolean; readonly max: number; readonly json: boolean };

/** @throws Error that names what can't be understood */
export function parse(args: readonly string[]): Action {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      max: { type: 'string' },
      reason: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [name = '', ...rest] = positionals;
  const { 'dry-run': dryRun, json, reason, max } = values;
  const given = { reason: reason !== undefined, max: max !== undefined, 'dry-run': dryRun, json };
  const expectShape = (count: number, ...options: (keyof typeof given)[]): void => {
    if (rest.length !== count) throw new Error(`${name} takes ${count} arguments, not ${rest.length}.`);
    for (const [option, isGiven] of Object.entries(given))
      if (isGiven && !options.some((allowed) => allowed === option)) throw new Error(`${name} takes no --${option}.`);
  };
  const [first = '', second = ''] = rest;
  switch (name) {
    case 'reconcile':
      expectShape(0, 'dry-run');
      return invoke({ command: 'reconcile', dryRun });
    case 'preflight':
      expectShape(0);
      return invoke({ command: 'preflight' });
    case 'withdraw':
      expectShape(1, 'dry-run', 'reason');
      return invoke({ command: 'withdraw', imageId: first, reason: reason ?? '', dryRun });
    case 'pin':
      expectShape(2, 'dry-run');
      return invoke({ command: 'pin', ...accountOf(first), imageId: second, dryRun });
    case 'unpin':
      expectShape(2, 'dry-run');
      return invoke({ command: 'unpin', ...accountOf(first), kind: kindNamed(second), dryRun });
    case 'allow-images':
      expectShape(1, 'dry-run');
      return { do: 'allow-images', environment: environmentNamed(first), dryRun };
    case 'redrive':
      expectShape(0, 'dry-run', 'max', 'json');
      return { do: 'redrive', dryRun, max: countOf(max ?? '100'), json };
    default:
      throw new Error(`There is no command ${JSON.stringify(name)}.`);
  }
}

/** What is wrong with a command is wrong usage; the function would refuse it too, after a minute. */
const invoke = (command: Command): Action => ({ do: 'invoke', command: checkedCommand(command) });

const accountOf = (environment: string) => ({ accountId: environmentNamed(environment).accountId });

function kindNamed(name: string) {
  const kind = imageKinds.find((known) => known === name);
  if (kind === undefined)
    throw new Error(`There is no kind of image ${JSON.stringify(name)}; use one of ${imageKinds.join(', ')}.`);
  return kind;
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--max is ${JSON.stringify(text)}; give a number from 1 to 9999.`);
  return Number(text);
}
