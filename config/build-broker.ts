import { takesBroker } from './broker/market';
import { brokerReleases, publishesChecksum, type BrokerRelease } from './contract';
import type { ConfigurationProblem } from './problem';
import type { FactoryConfig } from './schema';

/** The broker that a build takes, where the configuration alone decides it: `broker_of` of `packer/build/resolve-version.sh`. */
function brokerOf({ boundlessVersion, brokerVersion }: FactoryConfig['ops']['build']): BrokerRelease | undefined {
  if (brokerVersion !== null) return brokerReleases.find((release) => `v${release}` === brokerVersion);
  if (boundlessVersion === 'latest') return undefined;
  const [major = 0, minor = 0, patch = 0] = boundlessVersion.slice(1).split('.').map(Number);
  return brokerReleases.findLast((release) => {
    const [ownMajor = 0, ownMinor = 0, ownPatch = 0] = release.split('.').map(Number);
    return ownMajor === major && ownMinor === minor && ownPatch <= patch;
  });
}

/** Images that no build would make, or that no environment would take. */
export function problemsOfBuiltBroker({ ops, environments }: FactoryConfig): readonly ConfigurationProblem[] {
  const { build } = ops;
  const broker = brokerOf(build);
  if (broker === undefined) return [];
  const file = 'config/ops.ts';
  const problems: ConfigurationProblem[] = [];
  if (build.brokerSha256 === null && !publishesChecksum(broker)) {
    const message = `is missing, and the broker v${broker} publishes none; give one that you trust, or take v${brokerReleases.find(publishesChecksum) ?? '(none)'}`;
    problems.push({ file, field: 'build.brokerSha256', value: null, message });
  }
  const following = environments.filter(({ followsLatest }) => followsLatest);
  if (following.length > 0 && !following.some(({ broker: { releases } }) => takesBroker(releases, `v${broker}`))) {
    const [field, value] =
      build.brokerVersion === null
        ? ['boundlessVersion', build.boundlessVersion]
        : ['brokerVersion', build.brokerVersion];
    const ranges = following.map(
      ({ environment, broker: { releases } }) => `${environment}: ${releases.from} to ${releases.to}`,
    );
    const message = `makes images with the broker v${broker}, which no environment takes (${ranges.join(', ')}); widen broker.releases, or choose another`;
    problems.push({ file, field: `build.${field}`, value, message });
  }
  return problems;
}
