import { factory, type EnvironmentConfig, type FactoryConfig } from '../../config';

type Staging = EnvironmentConfig;
const [staging, ...others] = factory.environments as readonly [Staging, ...Staging[]];

/** What becomes different in an environment. */
export type Change = (environment: Staging) => Partial<Staging>;

/** The shipped configuration with a staging that is changed, by one change after the other. */
export const withStaging = (...changes: readonly Change[]): FactoryConfig => ({
  ...factory,
  environments: [
    changes.reduce<Staging>((environment, change) => ({ ...environment, ...change(environment) }), staging),
    ...others,
  ],
});

const provers =
  (changes: Partial<Staging['prover']>): Change =>
  ({ prover }) => ({ prover: { ...prover, ...changes } });
const dataVolume =
  (changes: Partial<Staging['manager']['dataVolume']>): Change =>
  ({ manager }) => ({ manager: { ...manager, dataVolume: { ...manager.dataVolume, ...changes } } });

export const withProvers = (changes: Partial<Staging['prover']>): FactoryConfig => withStaging(provers(changes));
export const withDataVolume = (changes: Partial<Staging['manager']['dataVolume']>): FactoryConfig =>
  withStaging(dataVolume(changes));
export const withManager = (changes: Partial<Staging['manager']>): FactoryConfig =>
  withStaging(({ manager }) => ({ manager: { ...manager, ...changes } }));

export const existingVpc = {
  kind: 'existing',
  vpcId: 'vpc-0123456789abcdef0',
  subnets: [
    { zone: 'b', cidr: '10.99.0.0/24', id: 'subnet-0123456789abcdef0' },
    { zone: 'c', cidr: '10.99.1.0/24', id: 'subnet-0123456789abcdef1' },
  ],
  managerAddress: '10.99.0.10',
} as const satisfies Staging['network'];

export const scaling = { tasksPerProver: 4, idleMinutes: 30 } as const;

const changes = {
  'one zone': ({ network }) => ({ network: { ...network, subnets: [network.subnets[0]] } as Staging['network'] }),
  'no instances': ({ manager, prover }) => ({
    manager: { ...manager, desired: 0 },
    prover: { ...prover, min: 0, desired: 0, max: 0 },
  }),
  '100 provers': provers({ min: 100, desired: 100, max: 100 }),
  'an existing VPC': () => ({ network: existingVpc }),
  'spot only': provers({ onDemand: { base: 0, percentAboveBase: 0 } }),
  'on demand only': provers({ onDemand: { base: 0, percentAboveBase: 100 } }),
  'one instance type': provers({ instanceTypes: ['g6e.xlarge'] }),
  scaling: provers({ min: 1, desired: 1, max: 100, scaling }),
  'a restored data volume': dataVolume({ restoredFrom: ['snap-0123456789abcdef0', 'snap-0123456789abcdef1'] }),
} as const satisfies Readonly<Record<string, Change>>;
type Extreme = keyof typeof changes;

/** Staging at the ends of what may be configured, one at a time. */
export const extremes: Readonly<Record<string, FactoryConfig>> = Object.fromEntries(
  Object.entries(changes).map(([name, change]) => [name, withStaging(change)]),
);

/** Every one of them as well, in as few clusters as go together. */
export const together: readonly (readonly [string, FactoryConfig])[] = (
  [
    ['one zone', '100 provers', 'spot only', 'a restored data volume'],
    ['an existing VPC', 'no instances', 'on demand only'],
    ['one instance type', 'scaling'],
  ] satisfies Extreme[][]
).map((names) => [names.join(', '), withStaging(...names.map((name) => changes[name]))]);
