import { contains, overlap, range } from './cidr';
import type { ConfigurationProblem } from './problem';
import { whereReadable } from './readable';
import type { ExistingNetwork, OwnNetwork } from './schema';

/** AWS accepts VPCs and subnets from /16 to /28 (Amazon VPC User Guide, "VPC CIDR blocks"). */
const sizeProblem = (cidr: string): string | undefined => {
  const bits = Number(cidr.split('/')[1]);
  return bits < 16 || bits > 28 ? 'has a size that AWS refuses; use a prefix from /16 to /28' : undefined;
};

/** The network of an environment; read late, since a part of it may be wrong by itself. */
export interface NetworkOf {
  readonly file: string;
  readonly network: () => OwnNetwork | ExistingNetwork;
}

/**
 * VPCs must not overlap each other (they may be peered one day), and subnets must lie apart within their VPC. Of a VPC that
 * is there already only its subnets are known, which AWS has checked.
 */
export const problemsWithNetworks = (networks: readonly NetworkOf[]): readonly ConfigurationProblem[] =>
  networks.flatMap((one, index) => [
    ...networks.slice(0, index).flatMap((other) => whereReadable(() => overlapping(one, other))),
    ...[vpcSize, partsOutside, subnetSizes, subnetsOver, zonesTwice, managerPlace].flatMap((check) =>
      whereReadable(() =>
        check(one.network()).map(([field, value, message]) => ({
          file: one.file,
          field: `network.${field}`,
          value,
          message,
        })),
      ),
    ),
  ]);

function overlapping(one: NetworkOf, other: NetworkOf): ConfigurationProblem[] {
  const [own, others] = [one.network(), other.network()];
  if (own.kind !== 'own' || others.kind !== 'own' || !overlap(range(own.vpcCidr), range(others.vpcCidr))) return [];
  const message = `overlaps ${others.vpcCidr} of ${other.file}; choose networks apart`;
  return [{ file: one.file, field: 'network.vpcCidr', value: own.vpcCidr, message }];
}

/** Field, value, and what is wrong. */
type Found = readonly [string, string, string];
type Check = (network: OwnNetwork | ExistingNetwork) => readonly Found[];

const numbered = (field: string, subnets: readonly { readonly zone: string; readonly cidr: string }[]) =>
  subnets.map((subnet, index) => ({ field: `${field}.${index}`, kind: field, subnet }));

const subnetsOf = (network: OwnNetwork | ExistingNetwork) => [
  ...numbered('subnets', network.subnets),
  ...(network.kind === 'own' ? numbered('natSubnets', network.natSubnets) : []),
];

/** One check for each subnet with those before it, so that one that is wrong by itself hides no other. */
const eachSubnet =
  (
    check: (
      one: ReturnType<typeof subnetsOf>[number],
      before: ReturnType<typeof subnetsOf>,
      network: OwnNetwork | ExistingNetwork,
    ) => readonly Found[],
  ): Check =>
  (network) => {
    const all = subnetsOf(network);
    return all.flatMap((one, index) => whereReadable(() => check(one, all.slice(0, index), network)));
  };

const vpcSize: Check = (network) => {
  const size = network.kind === 'own' ? sizeProblem(network.vpcCidr) : undefined;
  return network.kind === 'own' && size !== undefined ? [['vpcCidr', network.vpcCidr, size]] : [];
};

const partsOutside = eachSubnet(({ field, subnet: { cidr } }, _, network) =>
  network.kind !== 'own' || contains(range(network.vpcCidr), range(cidr))
    ? []
    : [[`${field}.cidr`, cidr, `is not within ${network.vpcCidr}; choose a part of the VPC's network`]],
);

const subnetSizes = eachSubnet(({ field, subnet: { cidr } }) => {
  const size = sizeProblem(cidr);
  return size === undefined ? [] : [[`${field}.cidr`, cidr, size]];
});

const subnetsOver = eachSubnet(({ field, subnet: { cidr } }, before) =>
  before.flatMap(({ subnet }) =>
    whereReadable((): readonly Found[] =>
      overlap(range(cidr), range(subnet.cidr))
        ? [[`${field}.cidr`, cidr, `overlaps ${subnet.cidr}; choose subnets apart`]]
        : [],
    ),
  ),
);

const zonesTwice = eachSubnet(({ field, kind, subnet: { zone } }, before) =>
  before.some((other) => other.kind === kind && other.subnet.zone === zone)
    ? [[`${field}.zone`, zone, 'has a subnet already; name each zone once']]
    : [],
);

const managerPlace: Check = ({ managerAddress, subnets }) => {
  const problem = addressProblem(managerAddress, subnets[0]?.cidr);
  return problem === undefined ? [] : [['managerAddress', managerAddress, problem]];
};

/** AWS keeps the first four addresses and the last one of each subnet (Amazon VPC User Guide, "Subnet CIDR blocks"). */
function addressProblem(address: string, subnet: string | undefined): string | undefined {
  const [own, whole] = [range(`${address}/32`), subnet === undefined ? undefined : range(subnet)];
  if (own === undefined || whole === undefined) return undefined;
  return own.first < whole.first + 4 || own.first >= whole.last
    ? `is no address of ${subnet ?? ''} that AWS leaves free; choose one from its fifth to its last but one`
    : undefined;
}
