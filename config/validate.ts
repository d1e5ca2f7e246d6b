import { problemsAcrossAccounts, type Written } from './accounts';
import { problemsOfBroker } from './broker-problems';
import { problemsOfBudget } from './budgets';
import { problemsOfInstanceTypes, usedTypes } from './instances';
import { problemsWithNetworks } from './networks';
import { opsFile, problemsOfOps } from './ops-rules';
import { ConfigurationError, type ConfigurationProblem } from './problem';
import { original, readable, whereReadable } from './readable';
import { environmentSchema, opsSchema, type FactoryConfig } from './schema';
import { problemsOfShape, type ShapeProblem } from './shape';
import { problemsTogether } from './together';
import { warningsAbout } from './warnings';

/** The key policy and the sharing role's policy have room for no more (IAM and AWS KMS quotas). */
const mostEnvironments = 100;

const listFile = 'config/index.ts';

/** The file of an environment, for messages: where it was typed, else what its name suggests. */
function fileOf({ files = [] }: FactoryConfig, environment: unknown, index: number): string {
  const name: unknown = (environment as { environment?: unknown } | undefined | null)?.environment;
  return files[index] ?? (typeof name === 'string' ? `config/${name}.ts` : listFile);
}

/** The file of each environment, in the order of the list. */
export const filesOf = (factory: FactoryConfig): readonly string[] =>
  factory.environments.map((environment, index) => fileOf(factory, environment, index));

function problemsOfCount({ length }: FactoryConfig['environments']): ConfigurationProblem[] {
  const at = (value: unknown, message: string) => [{ file: listFile, field: 'environments', value, message }];
  if (length === 0) return at([], 'is empty; name at least one service account');
  const message = `are too many service accounts; name at most ${mostEnvironments}: policies of the sharing Lambda hold no more`;
  return length > mostEnvironments ? at(length, message) : [];
}

/** What is wrong with a configuration, and what may be. */
export interface Findings {
  readonly problems: readonly ConfigurationProblem[];
  /** What AWS may have changed since this was written. */
  readonly warnings: readonly ConfigurationProblem[];
}

/** Looks for everything at once: what is wrong by itself, and among what is not, what is wrong together. */
export function findingsOf(factory: FactoryConfig): Findings {
  const wrongOps = problemsOfShape(opsFile, opsSchema, factory.ops);
  const entries = factory.environments.map((environment, index) => {
    const file = fileOf(factory, environment, index);
    const problems =
      (environment as unknown) === undefined
        ? [missingEntry(index)]
        : problemsOfShape(file, environmentSchema, environment);
    return { file, environment, problems };
  });
  const wrong = new Set([
    ...pathsOf(['ops'], wrongOps),
    ...entries.flatMap(({ problems }, index) => pathsOf(['environments', index], problems)),
  ]);
  const whole = readable({ ops: factory.ops, environments: factory.environments }, wrong);
  const written = entries.flatMap(({ file }, index) =>
    whereReadable(() => [whole.environments[index]]).flatMap((environment): readonly Written[] =>
      environment === undefined ? [] : [{ file, environment }],
    ),
  );
  const right: FactoryConfig = {
    // A check that reads it is stopped where it is wrong as a whole.
    get ops() {
      return whole.ops;
    },
    environments: written.map(({ environment }) => environment),
  };
  const relational = [
    ...whereReadable(() => problemsAcrossAccounts(right, written)),
    ...problemsOfOps(right),
    ...whereReadable(() => problemsOfBudget(opsFile, right.ops)),
    ...written.flatMap(({ file, environment }) => [
      ...whereReadable(() => problemsOfBudget(file, environment)),
      ...problemsTogether(file, environment, right),
      ...whereReadable(() => problemsOfBroker(file, environment)),
    ]),
    ...problemsWithNetworks(written.map(({ file, environment }) => ({ file, network: () => environment.network }))),
  ];
  const used = usedTypes(right, written);
  return {
    problems: [
      ...wrongOps,
      ...entries.flatMap(({ problems }) => problems),
      ...problemsOfCount(factory.environments),
      ...relational,
      ...problemsOfInstanceTypes(used),
    ].map(({ file, field, value, message }) => ({ file, field, value: original(value), message })),
    warnings: warningsAbout(right, written, used),
  };
}

const pathsOf = (start: readonly PropertyKey[], problems: readonly ShapeProblem[]): string[] =>
  problems.map(({ path }) => [...start, ...path].map(String).join('.'));

function missingEntry(index: number): ShapeProblem {
  const message = 'is not there; check that the file exports it, and that index.ts imports it under that name';
  return { file: listFile, field: `environments.${index}`, value: undefined, message, path: [] };
}

/**
 * Checks the whole configuration and returns it.
 *
 * @param others problems that were found elsewhere
 * @throws ConfigurationError with *all* problems: file, field, value and the fix of each.
 */
export function validated(factory: FactoryConfig, others: readonly ConfigurationProblem[] = []): FactoryConfig {
  const problems = [...others, ...findingsOf(factory).problems];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return factory;
}

/** What may be wrong with a valid configuration: facts about AWS that change. */
export const warningsOf = (factory: FactoryConfig): readonly ConfigurationProblem[] => findingsOf(factory).warnings;
