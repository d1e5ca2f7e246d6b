import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { factory, validated, type EnvironmentConfig } from '../../config';
import { isPlaceholder } from '../../config/placeholder';
import { command } from '../common/command';
import { OperatorError } from '../common/errors';
import { environmentLike, type Wanted } from './new-environment';
import { environmentSource, listSource } from './source';

const usage = `usage: make environment NAME=<name> [ACCOUNT=<12 digits>] [LIKE=<environment>] [DRY_RUN=1]

Writes config/<name>.ts, an environment like another one in a network of its own, and lists it in config/index.ts. It asks
AWS nothing. docs/environments.md has what comes next.

  --account <id>          the account of the new environment; a placeholder without it, which no deployment accepts
  --like <environment>    the environment that it is like; that of delivery.validatingEnvironment by default
  --dry-run               print the file, and write nothing
  --help                  print this

exit codes: 0 written, 1 not written, 2 wrong usage`;

interface Arguments extends Wanted {
  readonly dryRun: boolean;
}

/** @throws Error for what can't be understood */
export function parse(args: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { account: text, like: text, 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [name = '', ...rest] = positionals;
  if (name === '' || rest.length > 0) throw new Error('Give one name, such as NAME=canary.');
  const like = values.like ?? factory.ops.delivery.validatingEnvironment;
  return { name, accountId: values.account, like, dryRun: values['dry-run'] };
}

/** Writes a new file; one with the same text is there already after a run that was interrupted. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (readFileSync(file, 'utf8') !== text)
      throw new OperatorError(`${file} is there already; choose another name, or delete it`);
  }
}

/** Whole or not at all. */
function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

const nextSteps = ({ environment, accountId }: EnvironmentConfig): string =>
  `${isPlaceholder(accountId) ? `Write its account id into config/${environment}.ts: ${accountId} is a placeholder. ` : ''}docs/environments.md has what comes next.`;

/**
 * Adds an environment to the configuration.
 *
 * @param root folder of the repository
 * @throws ConfigurationError where the configuration would be wrong with it, OperatorError where a file is in the way
 */
export async function addEnvironment({ dryRun, ...wanted }: Arguments, root = '.'): Promise<string> {
  const { name, like } = wanted;
  const file = `config/${name}.ts`;
  const environment = environmentLike(validated(factory), wanted);
  const { environments, files = [] } = factory;
  validated({ ...factory, environments: [...environments, environment], files: [...files, file] });
  const source = await environmentSource(environment, like);
  if (dryRun) return source;
  const list = path.join(root, 'config/index.ts');
  const listed = await listSource(readFileSync(list, 'utf8'), name);
  writeNew(path.join(root, file), source);
  replace(list, listed);
  return `${file} is written, and listed in config/index.ts. ${nextSteps(environment)}`;
}

export const environmentCommand = command({
  summary: 'add an environment to the configuration',
  usage,
  parse,
  run: async (wanted) => {
    console.log(await addEnvironment(wanted));
    return 0;
  },
});
