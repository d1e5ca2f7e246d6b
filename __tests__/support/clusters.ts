import { factory, type EnvironmentConfig, type FactoryConfig } from '../../config';

type Staging = EnvironmentConfig;
const [staging, ...others] = factory.environments as readonly [Staging, ...Staging[]];

/** The shipped configuration with a staging that is changed. */
export const withStaging = (change: (environment: Staging) => Partial<Staging>): FactoryConfig => ({
  ...factory,
  environments: [{ ...staging, ...change(staging) }, ...others],
});

export const withProvers = (changes: Partial<Staging['prover']>): FactoryConfig =>
  withStaging(({ prover }) => ({ prover: { ...prover, ...changes } }));

export const withManager = (changes: Partial<Staging['manager']>): FactoryConfig =>
  withStaging(({ manager }) => ({ manager: { ...manager, ...changes } }));

export const withDataVolume = (changes: Partial<Staging['manager']['dataVolume']>): FactoryConfig =>
  withStaging(({ manager }) => ({ manager: { ...manager, dataVolume: { ...manager.dataVolume, ...changes } } }));

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

/** Staging at the ends of what may be configured. */
export const extremes: Readonly<Record<string, FactoryConfig>> = {
  'one zone': withStaging(({ network }) => ({
    network: { ...network, subnets: [network.subnets[0]] } as Staging['network'],
  })),
  'no machines': withStaging(({ manager, prover }) => ({
    manager: { ...manager, desired: 0 },
    prover: { ...prover, min: 0, desired: 0, max: 0 },
  })),
  '100 provers': withProvers({ min: 100, desired: 100, max: 100 }),
  'an existing VPC': withStaging(() => ({ network: existingVpc })),
  'spot only': withProvers({ onDemand: { base: 0, percentAboveBase: 0 } }),
  'on demand only': withProvers({ onDemand: { base: 0, percentAboveBase: 100 } }),
  'one instance type, scaling': withProvers({ instanceTypes: ['g4dn.xlarge'], scaling }),
  'a restored data volume': withDataVolume({ restoredFrom: ['snap-0123456789abcdef0', 'snap-0123456789abcdef1'] }),
};
