import { closest } from 'fastest-levenshtein';
import { parse, TomlError } from 'smol-toml';
import { ParseError, parseTOML } from 'toml-eslint-parser';
import { keys, sections, type Key, type Section } from './keys';
import { problemsBetweenKeys } from './between-keys';
import type { BrokerProblem, Table } from './problem';
import { isFrom, type BrokerRelease } from './releases';

export type { BrokerProblem } from './problem';

const inWords = ({ section, key, value, message }: BrokerProblem): string =>
  [section === undefined ? undefined : `[${section}]`, key, value === undefined ? undefined : `= ${value}`, message]
    .filter((word) => word !== undefined)
    .join(' ');

/** Thrown once, with everything that is wrong with a broker.toml. */
export class BrokerTomlError extends Error {
  override readonly name = 'BrokerTomlError';
  /** The same in words. */
  readonly problems: readonly string[];

  constructor(
    readonly release: BrokerRelease,
    readonly details: readonly BrokerProblem[],
  ) {
    const problems = details.map(inWords);
    super(
      `This broker.toml is not for the broker ${release}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names that a release knows a key by: aliases are as old as the broker. */
const namesOf = ({ name, aliases = [], since = '1.0.0' }: Key, release: BrokerRelease): readonly string[] =>
  isFrom(release, since) ? [name, ...aliases] : aliases;

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));

type KeyProblem = Omit<BrokerProblem, 'section'>;

function problemsOfKey(key: Key, table: Table, release: BrokerRelease): KeyProblem[] {
  const names = namesOf(key, release);
  const set = names.filter((name) => name in table);
  const [name, second] = set;
  if (second !== undefined)
    return [
      {
        message: `${set.join(' and ')} are names of one key, and the broker does not start with both; keep ${set[0] ?? ''}`,
      },
    ];
  if (name === undefined) {
    const required = key.required === 'always' || (key.required === '1.0' && !isFrom(release, '1.1.0'));
    const message = `is missing, and the broker ${release} does not start without it; add it`;
    return required ? [{ key: names[0] ?? key.name, message }] : [];
  }
  if (key.ignored !== undefined && isFrom(release, key.ignored.since))
    return [{ key: name, message: `does nothing in the broker ${release}; ${key.ignored.instead}` }];
  const problem = key.check(table[name], release);
  return problem === undefined ? [] : [{ key: name, value: show(table[name]), message: problem }];
}

/** Why a release does not know a name. It would ignore it without a word: an allow-list never applied that way once. */
function unknownKey(section: Section, name: string, release: BrokerRelease): string {
  const own = keys[section].find((key) => key.name === name || key.aliases?.includes(name) === true);
  if (own?.since !== undefined) {
    const [older] = namesOf(own, release);
    return `is known from ${own.since} on; ${older === undefined ? 'leave it out' : `write ${older}`}`;
  }
  const elsewhere = sections.find((other) => keys[other].some((key) => key.name === name));
  if (elsewhere !== undefined) return `belongs into [${elsewhere}]; move it there`;
  const known = keys[section].flatMap((key) => namesOf(key, release));
  return `is unknown to the broker ${release}, which would ignore it; did you mean ${closest(name, known)}?`;
}

function problemsOfSection(section: Section, table: unknown, release: BrokerRelease): BrokerProblem[] {
  if (table === undefined)
    return isFrom(release, '1.1.0')
      ? []
      : [{ section, message: `is missing, and the broker ${release} does not start without it; add it` }];
  if (!isTable(table)) return [{ section, message: `is no section; write [${section}]` }];
  const known = new Set(keys[section].flatMap((key) => namesOf(key, release)));
  return [
    ...Object.keys(table)
      .filter((name) => !known.has(name))
      .map((name) => ({ section, key: name, message: unknownKey(section, name, release) })),
    ...keys[section].flatMap((key) => problemsOfKey(key, table, release)).map((problem) => ({ section, ...problem })),
  ];
}

/** The broker reads TOML 1.0 (crate `toml` 0.8); `smol-toml` takes 1.1 as well, so the other parser looks first. */
function parsed(toml: string, release: BrokerRelease): Table {
  const refused = (line: number, reason: string) =>
    new BrokerTomlError(release, [{ message: `line ${line}: ${reason}` }]);
  try {
    parseTOML(toml, { tomlVersion: '1.0' });
    return parse(toml, { integersAsBigInt: true });
  } catch (error) {
    if (error instanceof ParseError)
      throw refused(error.lineNumber, `${error.message}; the broker reads TOML 1.0, so write it so`);
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    throw refused(error.line, reason);
  }
}

/**
 * Checks a broker.toml as the broker itself does not: it ignores keys that it does not know, and fails to start on a
 * wrong type or word (docs/facts/bento.md#keys-of-brokertoml).
 *
 * @throws BrokerTomlError with every problem: section, key, value, release and the fix
 */
export function checkBrokerToml(toml: string, release: BrokerRelease): void {
  const content = parsed(toml, release);
  const problems: BrokerProblem[] = [
    ...Object.keys(content)
      .filter((name) => !(sections as readonly string[]).includes(name))
      .map((name) => ({
        message: `${name} is unknown to the broker ${release}; did you mean [${closest(name, [...sections])}]?`,
      })),
    ...sections.flatMap((section) => problemsOfSection(section, content[section], release)),
  ];
  const isKnown = ({ section, key }: BrokerProblem): boolean =>
    problems.some((problem) => problem.section === section && problem.key === key);
  problems.push(...problemsBetweenKeys(content, release).filter((problem) => !isKnown(problem)));
  if (problems.length > 0) throw new BrokerTomlError(release, problems);
}
