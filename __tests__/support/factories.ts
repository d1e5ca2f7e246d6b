import { factory, type FactoryConfig } from '../../config';

const connection = '01234567-89ab-cdef-0123-456789abcdef';

/** The shipped configuration with every optional feature on. */
export function withEverything(service: 'codeconnections' | 'codestar-connections' = 'codeconnections'): FactoryConfig {
  const { ops, environments } = factory;
  return {
    ops: {
      ...ops,
      monthlyBudgetUsd: 500,
      notifications: {
        alarmEmails: ['ops@example.com', 'night@example.com'],
        statusEmails: ['team@example.com'],
        slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' },
      },
      repository: {
        ...ops.repository,
        connectionArn: `arn:aws:${service}:us-west-2:111111111111:connection/${connection}`,
      },
      retirement: { ...ops.retirement, recycleBinDays: 7 },
      build: { ...ops.build, subnetId: 'subnet-0123456789abcdef0', spot: false },
    },
    environments: environments.map((environment) => ({
      ...environment,
      monthlyBudgetUsd: 10_000,
      notifications: { alarmEmails: ['ops@example.com'] },
      prover: { ...environment.prover, volumeInitializationRate: 300 },
    })),
  };
}

/** Everything, and two more service accounts: one that follows the latest images, one that runs what was validated. */
export function withMoreAccounts(): FactoryConfig {
  const { ops, environments } = withEverything();
  const another = (followsLatest: boolean, environment: string, accountId: string, index: number) => {
    const like = environments.find((one) => one.followsLatest === followsLatest);
    if (like === undefined) throw new Error(`there is no environment like ${environment}`);
    const network = networkOf(index);
    return { ...like, environment, accountId, network };
  };
  return {
    ops,
    environments: [
      ...environments,
      another(true, 'staging-two', '444444444444', 40),
      another(false, 'production-two', '555555555555', 50),
    ],
  };
}

/** The shipped configuration with that many service accounts. */
export function withAccounts(count: number): FactoryConfig {
  const [staging] = factory.environments;
  if (staging === undefined) throw new Error('there is no environment to copy');
  const environments = Array.from({ length: count }, (_, index) => ({
    ...staging,
    environment: `account-${index}`,
    accountId: String(200_000_000_000 + index),
    network: networkOf(index),
  }));
  return { ops: factory.ops, environments };
}

/** A network of one zone, apart from those of other numbers. */
const networkOf = (index: number) => ({
  kind: 'own' as const,
  vpcCidr: `10.${index}.0.0/16`,
  subnets: [{ zone: 'a', cidr: `10.${index}.0.0/20` }],
  natSubnets: [{ zone: 'a', cidr: `10.${index}.240.0/28` }],
  managerAddress: `10.${index}.0.10`,
  interfaceEndpoints: [],
});
