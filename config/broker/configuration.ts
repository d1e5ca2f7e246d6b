import { parse, stringify } from 'smol-toml';
import { brokerConfiguration } from '../contract';
import { checkBrokerToml } from './check';
import { keys, sections, type BrokerValues, type Section } from './keys';
import { releasesOf, type Market } from './market';
import { isFrom, type BrokerRelease } from './releases';
import { withValues } from './template';

type Content = Record<string, Record<string, unknown>>;

const { preflights, preflightsAtBoot } = brokerConfiguration;

/** The newest name of a key that a release knows, so that a text never has an older name beside it. */
function nameIn(section: Section, name: string, release: BrokerRelease): string {
  const key = keys[section].find((known) => known.name === name || known.aliases?.includes(name) === true);
  if (key === undefined) return name;
  return isFrom(release, key.since ?? '1.0.0') ? key.name : (key.aliases?.[0] ?? key.name);
}

/** The text for a release, as an instance with so many preflights has it. */
export const atBoot = (text: string, count: number): string =>
  text.replace(`${preflights} = ${JSON.stringify(preflightsAtBoot)}`, `${preflights} = ${count}`);

/**
 * The whole broker.toml of a release: the template with an environment's values. An instance changes nothing of it but the
 * number of preflights, which follows from its executors unless the environment gives it, or takes it out with null.
 *
 * @throws BrokerTomlError where the release would not take it
 */
export function brokerTomlOf(values: BrokerValues, release: BrokerRelease): string {
  const content = parse(withValues(values)) as Content;
  if (values.market.max_concurrent_preflights === undefined)
    content['market'] = { ...content['market'], [preflights]: preflightsAtBoot };
  const named = sections.map((section) => [
    section,
    Object.fromEntries(
      Object.entries(content[section] ?? {}).map(([name, value]) => [nameIn(section, name, release), value]),
    ),
  ]);
  const text = `${stringify(Object.fromEntries(named) as Content).trim()}\n`;
  checkBrokerToml(atBoot(text, 1), release);
  return text;
}

/**
 * The content of the parameter `broker-configuration`: the broker.toml of each release that images of an environment may
 * carry. Releases with the same text share it.
 *
 * @throws BrokerTomlError where a release would not take its text; `problemsOfMarket` finds that before
 */
export function brokerConfigurationOf(market: Market): string {
  const releases = new Map<string, string[]>();
  for (const release of releasesOf(market.releases)) {
    const text = brokerTomlOf(market, release);
    releases.set(text, [...(releases.get(text) ?? []), `v${release}`]);
  }
  return [...releases]
    .map(([text, names]) => `${brokerConfiguration.releases}${names.join(' ')}\n${text}`)
    .join('\n')
    .trim();
}

/**
 * The content of the parameter `broker`: the values alone, as JSON. Images from before `broker-configuration` read it, and
 * put the values into a template of their own. It goes with the last of these images (docs/boot.md).
 */
export const brokerParameter = ({ market, prover, batcher }: BrokerValues): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries({ market, prover, batcher }).filter(([, values]) => Object.keys(values).length > 0),
    ),
  );
