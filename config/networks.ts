import { isIPv4 } from 'node:net';
import type { ConfigurationProblem } from './problem';

interface Network {
  readonly file: string;
  readonly vpcCidr: string;
  readonly subnets: readonly { readonly zone: string; readonly cidr: string }[];
  readonly natSubnets: readonly { readonly zone: string; readonly cidr: string }[];
  readonly managerAddress: string;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** The addresses of a network as numbers; undefined where the text is not a network (the schema says so already). */
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

/** VPCs must not overlap each other (they may be peered one day), and subnets must lie apart within their VPC. */
export function problemsWithNetworks(networks: readonly Network[]): ConfigurationProblem[] {
  return networks.flatMap(({ file, vpcCidr, subnets, natSubnets, managerAddress }, index) => {
    const at = (field: string, value: string, message: string): ConfigurationProblem => ({
      file,
      field,
      value,
      message,
    });
    const problems: ConfigurationProblem[] = [];
    const vpcSize = sizeProblem(vpcCidr);
    if (vpcSize !== undefined) problems.push(at('network.vpcCidr', vpcCidr, vpcSize));
    for (const other of networks.slice(0, index)) {
      if (overlap(range(vpcCidr), range(other.vpcCidr)))
        problems.push(
          at('network.vpcCidr', vpcCidr, `overlaps ${other.vpcCidr} of ${other.file}; choose networks apart`),
        );
    }
    const all = [
      ...subnets.map((subnet, position) => ({ ...subnet, kind: 'subnets', position })),
      ...natSubnets.map((subnet, position) => ({ ...subnet, kind: 'natSubnets', position })),
    ];
    all.forEach(({ zone, cidr, kind, position: ofKind }, position) => {
      const field = `network.${kind}.${ofKind}`;
      const size = sizeProblem(cidr);
      if (size !== undefined) problems.push(at(`${field}.cidr`, cidr, size));
      if (!contains(range(vpcCidr), range(cidr)))
        problems.push(at(`${field}.cidr`, cidr, `is not within ${vpcCidr}; choose a part of the VPC's network`));
      for (const other of all.slice(0, position)) {
        if (overlap(range(cidr), range(other.cidr)))
          problems.push(at(`${field}.cidr`, cidr, `overlaps ${other.cidr}; choose subnets apart`));
        if (zone === other.zone && kind === other.kind)
          problems.push(at(`${field}.zone`, zone, 'has a subnet already; name each zone once'));
      }
    });
    const address = addressProblem(managerAddress, subnets[0]?.cidr);
    if (address !== undefined) problems.push(at('network.managerAddress', managerAddress, address));
    return problems;
  });
}

/** AWS keeps the first four addresses and the last one of each subnet (Amazon VPC User Guide, "Subnet CIDR blocks"). */
function addressProblem(address: string, subnet: string | undefined): string | undefined {
  const [own, whole] = [range(`${address}/32`), subnet === undefined ? undefined : range(subnet)];
  if (own === undefined || whole === undefined) return undefined;
  return own.first < whole.first + 4 || own.first >= whole.last
    ? `is no address of ${subnet ?? ''} that AWS leaves free; choose one from its fifth to its last but one`
    : undefined;
}
