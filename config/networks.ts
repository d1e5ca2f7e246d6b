import { isIPv4 } from 'node:net';
import type { ConfigurationProblem } from './problem';
import type { ExistingNetwork, OwnNetwork } from './schema';

type Network = { readonly file: string } & (OwnNetwork | ExistingNetwork);

interface Range {
  readonly first: number;
  readonly last: number;
}

/** The addresses of a network as numbers; undefined where the text is not a network (the schema reports that already). */
function range(cidr: string): Range | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  if (!isIPv4(address) || !/^([0-9]|[12][0-9]|3[0-2])$/.test(bits)) return undefined;
  const size = 2 ** (32 - Number(bits));
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

const overlap = (a: Range | undefined, b: Range | undefined): boolean =>
  a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;

const contains = (outer: Range | undefined, inner: Range | undefined): boolean =>
  outer === undefined || inner === undefined || (outer.first <= inner.first && inner.last <= outer.last);

/** AWS accepts VPCs and subnets from /16 to /28 (Amazon VPC User Guide, "VPC CIDR blocks"). */
const sizeProblem = (cidr: string): string | undefined => {
  const bits = Number(cidr.split('/')[1]);
  return bits < 16 || bits > 28 ? 'has a size that AWS refuses; use a prefix from /16 to /28' : undefined;
};

/**
 * VPCs must not overlap each other (they may be peered one day), and subnets must lie apart within their VPC. Of a VPC that
 * is there already only its subnets are known, which AWS has checked.
 */
export function problemsWithNetworks(networks: readonly Network[]): ConfigurationProblem[] {
  const own = networks.filter((network) => network.kind === 'own');
  return [
    ...own.flatMap((network, index) => problemsOfVpc(network, own.slice(0, index))),
    ...networks.flatMap(problemsOfSubnets),
  ];
}

function problemsOfVpc(
  { file, vpcCidr, subnets, natSubnets }: Network & OwnNetwork,
  before: readonly (Network & OwnNetwork)[],
): ConfigurationProblem[] {
  const at = (field: string, value: string, message: string): ConfigurationProblem => ({
    file,
    field: `network.${field}`,
    value,
    message,
  });
  const size = sizeProblem(vpcCidr);
  const parts = [...numbered('subnets', subnets), ...numbered('natSubnets', natSubnets)];
  return [
    ...(size === undefined ? [] : [at('vpcCidr', vpcCidr, size)]),
    ...before
      .filter((other) => overlap(range(vpcCidr), range(other.vpcCidr)))
      .map((other) => at('vpcCidr', vpcCidr, `overlaps ${other.vpcCidr} of ${other.file}; choose networks apart`)),
    ...parts
      .filter(({ cidr }) => !contains(range(vpcCidr), range(cidr)))
      .map(({ field, cidr }) =>
        at(`${field}.cidr`, cidr, `is not within ${vpcCidr}; choose a part of the VPC's network`),
      ),
  ];
}

const numbered = (field: string, subnets: readonly { readonly zone: string; readonly cidr: string }[]) =>
  subnets.map(({ zone, cidr }, index) => ({ field: `${field}.${index}`, kind: field, zone, cidr }));

function problemsOfSubnets({ file, ...network }: Network): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (field: string, value: string, message: string): void => {
    problems.push({ file, field: `network.${field}`, value, message });
  };
  const { subnets, managerAddress } = network;
  const all = [
    ...numbered('subnets', subnets),
    ...(network.kind === 'own' ? numbered('natSubnets', network.natSubnets) : []),
  ];
  all.forEach(({ field, kind, zone, cidr }, position) => {
    const size = sizeProblem(cidr);
    if (size !== undefined) add(`${field}.cidr`, cidr, size);
    for (const other of all.slice(0, position)) {
      if (overlap(range(cidr), range(other.cidr)))
        add(`${field}.cidr`, cidr, `overlaps ${other.cidr}; choose subnets apart`);
      if (zone === other.zone && kind === other.kind)
        add(`${field}.zone`, zone, 'has a subnet already; name each zone once');
    }
  });
  const address = addressProblem(managerAddress, subnets[0]?.cidr);
  if (address !== undefined) add('managerAddress', managerAddress, address);
  return problems;
}

/** AWS keeps the first four addresses and the last one of each subnet (Amazon VPC User Guide, "Subnet CIDR blocks"). */
function addressProblem(address: string, subnet: string | undefined): string | undefined {
  const [own, whole] = [range(`${address}/32`), subnet === undefined ? undefined : range(subnet)];
  if (own === undefined || whole === undefined) return undefined;
  return own.first < whole.first + 4 || own.first >= whole.last
    ? `is no address of ${subnet ?? ''} that AWS leaves free; choose one from its fifth to its last but one`
    : undefined;
}
