import { readFileSync } from 'node:fs';
import * as estree from 'prettier/plugins/estree';
import * as typescript from 'prettier/plugins/typescript';
import { format } from 'prettier/standalone';
import type { Options } from 'prettier';
import type { EnvironmentConfig } from '../../config';
import { OperatorError } from '../common/errors';

const listFile = 'config/index.ts';

const formatted = (text: string): Promise<string> =>
  format(text, {
    ...(JSON.parse(readFileSync('.prettierrc.json', 'utf8')) as Options),
    parser: 'typescript',
    plugins: [estree, typescript],
  });

/** `canary-1` gives `canary1Environment`: no word of the language, and no other name of the list's file. */
const identifierOf = (name: string): string =>
  `${name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}Environment`;

/** The text of an environment's file. */
export function environmentSource(environment: EnvironmentConfig, like: string): Promise<string> {
  const { environment: name } = environment;
  return formatted(
    `import type { EnvironmentConfig } from './schema';

/** Made like ${like}; config/schema has the meaning of each value. */
export const ${identifierOf(name)} = ${JSON.stringify(environment)} as const satisfies EnvironmentConfig;
`,
  );
}

/**
 * The text of the list's file with one more environment.
 *
 * @throws OperatorError where the text has no list as it is expected, with the lines to add
 */
export async function listSource(text: string, name: string): Promise<string> {
  const identifier = identifierOf(name);
  const importLine = `import { ${identifier} } from './${name}';`;
  const entry = `'config/${name}.ts': ${identifier},`;
  const list = /(const environments: [^=]+ = \{[^}]*)\};/;
  const imports = [...text.matchAll(/^import .*;$/gm)].at(-1);
  if (!list.test(text) || imports === undefined)
    throw new OperatorError(
      `${listFile} has no list of environments as it is expected; add by hand: ${importLine} and, in the list, ${entry}`,
    );
  const end = imports.index + imports[0].length;
  const imported = `${text.slice(0, end)}\n${importLine}${text.slice(end)}`;
  return formatted(imported.replace(list, (_, before: string) => `${before}${entry} };`));
}
