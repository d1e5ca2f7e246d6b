import { parseArgs } from 'node:util';
import { checkedCommand, type Command } from '../../lambda/packer-ami-cleanup/commands/command';

export const usage = `usage: npm run retirement -- <command> [options]

  report [--dry-run] [--all] [--json]   show the report of the last run, or of the last dry run
  run [--dry-run]                       retire what is due now; with --dry-run, only report what would be done
  undo <image id> [--dry-run]           bring a deprecated or disabled image back, and share it again

  --dry-run  change nothing
  --all      show images that are kept, too
  --json     print the report as it is stored
  --help     print this

The cleanup Lambda does the work. Credentials must be of the ops account, and may invoke it (undo: the sharing Lambda as well)
and read its reports. They come from where the AWS SDK looks (AWS_PROFILE, ...).

exit codes: 0 done; 1 not, or a problem was found; 2 wrong usage`;

/** What was asked for. */
export type Action =
  | { readonly do: 'report'; readonly dryRun: boolean; readonly all: boolean; readonly json: boolean }
  | { readonly do: 'run'; readonly command: Command }
  | { readonly do: 'undo'; readonly command: Command };

/** @throws Error that names what can't be understood */
export function parse(args: readonly string[]): Action {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      'dry-run': { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [name = '', ...rest] = positionals;
  const { 'dry-run': dryRun, all, json } = values;
  const expected = name === 'undo' ? 1 : 0;
  if (!['report', 'run', 'undo'].includes(name)) throw new Error(`There is no command ${JSON.stringify(name)}.`);
  if (rest.length !== expected) throw new Error(`${name} takes ${expected} arguments, not ${rest.length}.`);
  for (const [option, isGiven] of Object.entries({ all, json }))
    if (isGiven && name !== 'report') throw new Error(`${name} takes no --${option}.`);
  if (name === 'report') return { do: 'report', dryRun, all, json };
  if (name === 'run') return { do: 'run', command: checkedCommand({ command: 'retire', dryRun }) };
  return { do: 'undo', command: checkedCommand({ command: 'undo', imageId: rest[0], dryRun }) };
}
