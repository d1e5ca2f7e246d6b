import { BrokerTomlError, checkBrokerToml, type BrokerProblem } from './check';
import { keys, sections, type BrokerValues } from './keys';
import { brokerReleases, isFrom, type BrokerRelease } from './releases';
import { withValues } from './template';

/** What an environment sets for its broker, and to which releases. */
export interface Market extends BrokerValues {
  /** First and last release that images of this environment may carry; the values are right for each of them. */
  readonly releases: { readonly from: `v${BrokerRelease}`; readonly to: `v${BrokerRelease}` };
}

const plain = (version: `v${BrokerRelease}`): BrokerRelease => version.slice(1) as BrokerRelease;

/** Every release of a range; none where it runs backwards. */
export const releasesOf = ({ from, to }: Market['releases']): readonly BrokerRelease[] =>
  brokerReleases.filter((release) => isFrom(release, plain(from)) && isFrom(plain(to), release));

/** Whether an image with this broker, such as `v1.2.1`, may run in the environment. */
export const takesBroker = (releases: Market['releases'], version: string): boolean =>
  releasesOf(releases).some((release) => `v${release}` === version);

/** Values under two names of one key: the later one would take the other's place without a word. */
const doubleNames = (values: BrokerValues): readonly BrokerProblem[] =>
  sections.flatMap((section) =>
    keys[section].flatMap(({ name, aliases = [] }) => {
      const [key, other] = [name, ...aliases].filter((known) => known in values[section]);
      return key === undefined || other === undefined
        ? []
        : [{ section, key, message: `and ${other} are names of one key; keep ${key}` }];
    }),
  );

/**
 * Everything that is wrong with the values: of each key one thing, for the newest release that it is wrong for, since that
 * one has the most names to suggest.
 */
export function problemsOfMarket({ releases, ...values }: Market): readonly BrokerProblem[] {
  const problems = new Map<string, BrokerProblem>();
  const newestFirst = releasesOf(releases).toReversed();
  for (const problem of [...doubleNames(values), ...newestFirst.flatMap((release) => problemsFor(values, release))]) {
    const { section = '', key, message } = problem;
    const place = `${section} ${key ?? message}`;
    if (!problems.has(place)) problems.set(place, problem);
  }
  return [...problems.values()];
}

function problemsFor(values: BrokerValues, release: BrokerRelease): readonly BrokerProblem[] {
  try {
    checkBrokerToml(withValues(values), release);
    return [];
  } catch (error) {
    if (error instanceof BrokerTomlError) return error.details;
    throw error;
  }
}
