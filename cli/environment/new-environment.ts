import type { EnvironmentConfig, FactoryConfig } from '../../config';
import { OperatorError } from '../common/errors';
import { freeNetwork, moved } from './free-network';

export interface Wanted {
  readonly name: string;
  /** 12 digits; a placeholder where it is not known yet. */
  readonly accountId: string | undefined;
  /** The environment that the new one is like. */
  readonly like: string;
}

/** Ids such as 444444444444, which no deployment accepts: credentials are never of such an account. */
function placeholder({ ops, environments }: FactoryConfig): string {
  const taken = [ops, ...environments].map(({ accountId }) => accountId);
  const free = [4, 5, 6, 7, 8, 9, 1, 2, 3].map((digit) => String(digit).repeat(12)).find((id) => !taken.includes(id));
  if (free === undefined) throw new OperatorError('There is no placeholder left; give ACCOUNT=<12 digits>');
  return free;
}

/**
 * A new environment like another one: in a network of its own, and with a data volume that is restored from nothing.
 *
 * @throws OperatorError where the other one is not there, or in a VPC that was there before it
 */
export function environmentLike(factory: FactoryConfig, { name, accountId, like }: Wanted): EnvironmentConfig {
  const model = factory.environments.find(({ environment }) => environment === like);
  if (model === undefined) {
    const known = factory.environments.map(({ environment }) => environment).join(', ');
    throw new OperatorError(`There is no environment ${JSON.stringify(like)} to be like; give LIKE=<one of ${known}>`);
  }
  const { network } = model;
  if (network.kind !== 'own')
    throw new OperatorError(
      `${like} is in a VPC that was there before it (network.kind), and a new environment cannot be; give LIKE=<an environment with a VPC of its own>`,
    );
  const vpcCidr = freeNetwork(network.vpcCidr, factory.environments);
  const there = (address: string): string => moved(address, network.vpcCidr, vpcCidr);
  const subnets = (list: typeof network.subnets) => list.map(({ zone, cidr }) => ({ zone, cidr: there(cidr) }));
  return {
    ...model,
    environment: name,
    accountId: accountId ?? placeholder(factory),
    network: {
      ...network,
      vpcCidr,
      subnets: subnets(network.subnets),
      natSubnets: subnets(network.natSubnets),
      managerAddress: there(network.managerAddress),
    },
    manager: { ...model.manager, dataVolume: { ...model.manager.dataVolume, restoredFrom: [] } },
    secrets: { ...model.secrets, passwordVersions: { database: 1, valkey: 1 } },
  };
}
