import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { ConfigurationProblem } from './problem';

/** How the file of an environment ends. */
const mark = /\bsatisfies EnvironmentConfig\b/;

/**
 * Environments that are written and not listed: no stack would be made for them.
 *
 * @param listed files of the environments in the list, such as `config/staging.ts`
 * @param root folder of the repository
 */
export function unlistedEnvironments(listed: readonly string[], root = '.'): readonly ConfigurationProblem[] {
  return readdirSync(path.join(root, 'config'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `config/${name}`)
    .filter((file) => !listed.includes(file) && mark.test(readFileSync(path.join(root, file), 'utf8')))
    .sort()
    .map((file) => ({
      file: 'config/index.ts',
      field: 'environments',
      value: file,
      message: 'is an environment that is not in the list; add it there, or delete the file',
    }));
}
