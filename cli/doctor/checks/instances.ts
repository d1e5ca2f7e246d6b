import {
  DescribeInstanceTypesCommand,
  paginateDescribeInstanceTypeOfferings,
  type EC2Client,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { EnvironmentConfig } from '../../../config';
import { failed, ok, unknown, type Check } from '../check';
import { quotaValue, raise } from '../quotas';

/** Quotas count vCPUs (Amazon EC2 User Guide, "Amazon EC2 instance type quotas"). */
const vcpuQuotas = {
  standard: ['L-1216C47A', 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances'],
  gpuOnDemand: ['L-DB2E81BA', 'Running On-Demand G and VT instances'],
  gpuSpot: ['L-3819A6DF', 'All G and VT Spot Instance Requests'],
} as const;

/** Whether every instance type is offered in a zone that the group may use. */
export function offeringsCheck(ec2: EC2Client, { region, network, manager, prover }: EnvironmentConfig): Check {
  return {
    name: 'instance types in their zones',
    async run() {
      if (network.kind === 'existing')
        return unknown(
          'the subnets are not of this configuration',
          'compare their zones with aws ec2 describe-instance-type-offerings',
        );
      const zones = network.subnets.map(({ zone }) => `${region}${zone}`);
      const types = [...new Set([manager.instanceType, ...prover.instanceTypes])];
      const offered = new Map<string, Set<string>>(types.map((type) => [type, new Set()]));
      const pages = paginateDescribeInstanceTypeOfferings(
        { client: ec2 },
        {
          LocationType: 'availability-zone',
          Filters: [
            { Name: 'instance-type', Values: types },
            { Name: 'location', Values: zones },
          ],
        },
      );
      for await (const { InstanceTypeOfferings = [] } of pages)
        for (const { InstanceType = '', Location = '' } of InstanceTypeOfferings)
          offered.get(InstanceType)?.add(Location);
      const [home = ''] = zones;
      const missing = types.filter((type) => offered.get(type)?.size === 0);
      const managerIsAway = offered.get(manager.instanceType)?.has(home) === false;
      if (managerIsAway && !missing.includes(manager.instanceType))
        missing.push(`${manager.instanceType} in ${home}, the zone of the data volume`);
      return missing.length === 0
        ? ok(`${types.join(', ')} in ${zones.join(', ')}`)
        : failed(`${missing.join(', ')}: not offered`, 'choose other zones or types in the configuration');
    },
  };
}

/** Whether the quotas allow the largest cluster that the configuration allows, with the surge of a refresh. */
export function vcpuChecks(ec2: EC2Client, quotas: ServiceQuotasClient, config: EnvironmentConfig): readonly Check[] {
  const { manager, prover } = config;
  const { base, percentAboveBase } = prover.onDemand;
  const most = Math.ceil((prover.max * prover.refresh.maxHealthyPercentage) / 100);
  const onDemand = Math.min(most, base) + Math.ceil((Math.max(0, most - base) * percentAboveBase) / 100);
  const parts: readonly (readonly [keyof typeof vcpuQuotas, readonly string[], number])[] = [
    ['standard', [manager.instanceType], manager.desired],
    ['gpuOnDemand', prover.instanceTypes, onDemand],
    ['gpuSpot', prover.instanceTypes, most - onDemand],
  ];
  return parts.map(([quota, types, instances]) => {
    const [code, name] = vcpuQuotas[quota];
    return {
      name: `quota ${name}`,
      async run() {
        if (instances === 0) return ok('not used by this configuration');
        const needed = instances * (await mostVcpus(ec2, types));
        const value = await quotaValue(quotas, 'ec2', code);
        if (value === undefined) return unknown(`no value of ${code}`, 'look it up in the Service Quotas console');
        const text = `${value} vCPUs, ${needed} needed for ${instances} instances at most`;
        return value >= needed ? ok(text) : failed(text, raise('Amazon EC2', name));
      },
    };
  });
}

async function mostVcpus(ec2: EC2Client, types: readonly string[]): Promise<number> {
  const { InstanceTypes = [] } = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: types as _InstanceType[] }),
  );
  return Math.max(0, ...InstanceTypes.map(({ VCpuInfo }) => VCpuInfo?.DefaultVCpus ?? 0));
}
