import { parseArgs } from 'node:util';
import { factory, type EnvironmentConfig } from '../../config';
import { operatorSecrets } from './names';

const environments = factory.environments.map(({ environment }) => environment).join('|');

export const usage = `usage: npm run secrets -- <${environments}> <command> [options]

  status                      list which secrets of the cluster are there, missing or malformed; never what they hold
  set <name> [--replace] [--dry-run]
                              put in what only you have, from standard input: typed without being shown, or piped
                              names: ${operatorSecrets.join(', ')}
  rotate [--again] [--dry-run]
                              make a new key of the storage now; the one of before works until the next rotation

  --again    rotate although instances may not have the key of the last rotation yet
  --replace  let it take the place of another value; without it a value that is there stays
  --dry-run  print what would change, and change nothing
  --help     print this

Credentials of the environment's account are needed (AWS_PROFILE, ...), and those of others are refused. Passwords are
made by the stack: docs/secrets.md.

exit codes: 0 done, or nothing is missing; 1 not, or something is; 2 wrong usage`;

/** What was asked for. */
export type Action =
  | { readonly do: 'status'; readonly config: EnvironmentConfig }
  | { readonly do: 'rotate'; readonly config: EnvironmentConfig; readonly dryRun: boolean; readonly again: boolean }
  | {
      readonly do: 'set';
      readonly config: EnvironmentConfig;
      readonly name: (typeof operatorSecrets)[number];
      readonly replace: boolean;
      readonly dryRun: boolean;
    };

/** @throws Error that names what can't be understood, without what was given in the place of a value */
export function parse(args: readonly string[]): Action {
  const { values, positionals } = parsed(args);
  const [environment = '', command = '', ...rest] = positionals;
  const config = factory.environments.find((known) => known.environment === environment);
  // What stands in its place may be a value.
  if (config === undefined) throw new Error(`First comes an environment: ${environments}.`);
  const { again, replace, 'dry-run': dryRun } = values;
  if (again && command !== 'rotate') throw new Error('--again is for rotate.');
  const [given = ''] = rest;
  const name = operatorSecrets.find((known) => known === given);
  switch (command) {
    case 'status':
      if (rest.length > 0 || replace || dryRun) throw new Error('status takes nothing else.');
      return { do: 'status', config };
    case 'rotate':
      if (rest.length > 0 || replace) throw new Error('rotate takes nothing but --again and --dry-run.');
      return { do: 'rotate', config, dryRun, again };
    case 'set':
      if (name === undefined) throw new Error(`set takes one of ${operatorSecrets.join(', ')}.`);
      if (rest.length > 1)
        throw new Error(
          `set takes no value: arguments stay in the shell's history and stand in the process list. Take the value that ` +
            'you have just shown out of use, and give its successor when you are asked for it.',
        );
      return { do: 'set', config, name, replace, dryRun };
    default:
      throw new Error('There is no such command.');
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        again: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        replace: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
  } catch {
    // Its message would repeat what was given.
    throw new Error('There is an option that is not known.');
  }
}
