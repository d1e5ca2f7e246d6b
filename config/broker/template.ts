import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'smol-toml';
import { keys, sections, type BrokerValues, type Section } from './keys';

/** What each broker starts from. Its values have the names that all releases take. */
const template = path.join('config', 'broker', 'broker.toml');

type Content = Record<string, Record<string, unknown>>;

const namesOf = (section: Section, name: string): readonly string[] => {
  const key = keys[section].find((known) => known.name === name || known.aliases?.includes(name) === true);
  return key === undefined ? [name] : [key.name, ...(key.aliases ?? [])];
};

/**
 * The template with an environment's values in the place of its own, without comments. A key keeps the name under which
 * the environment gives it; null takes a key out.
 */
export function withValues(values: BrokerValues): string {
  const content = parse(readFileSync(template, 'utf8')) as Content;
  for (const section of sections) {
    const table = (content[section] ??= {});
    for (const [name, value] of Object.entries(values[section])) {
      for (const other of namesOf(section, name))
        if (other !== name || value === null) Reflect.deleteProperty(table, other);
      if (value !== null) table[name] = value;
    }
  }
  return stringify(content);
}
