import { factory, validated } from '../../../config';
import { listOf, identityPolicy, type PolicyStatement } from '../../support/policies';
import { resourcesOf, resourceWith, stackOf, synthesize, type SynthesizedStack } from '../../support/synthesized';

const stacks = synthesize();
const staging = stackOf(stacks, 'prover-cluster-staging');
const production = stackOf(stacks, 'prover-cluster-production');

/** A resource by a reference to it, such as `${aws_subnet.X.id}`. */
function referenced({ resource }: SynthesizedStack, reference: unknown) {
  const [, type = '', id = ''] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(String(reference)) ?? [];
  const args = resource[type]?.[id];
  if (args === undefined) throw new Error(`${String(reference)} is no resource`);
  return args;
}
const nameOf = (args: Readonly<Record<string, unknown>>) => (args['tags'] as { Name: string }).Name;

/** Private subnets, with the NAT gateway that each goes out by. */
const waysOut = (stack: SynthesizedStack) =>
  resourcesOf(stack, 'aws_route')
    .filter((route) => route['nat_gateway_id'] !== undefined)
    .map((route) => {
      const [association] = resourcesOf(stack, 'aws_route_table_association').filter(
        ({ route_table_id: table }) => table === route['route_table_id'],
      );
      return [nameOf(referenced(stack, association!['subnet_id'])), nameOf(referenced(stack, route['nat_gateway_id']))];
    })
    .sort();

test('each private subnet goes out by the gateway of its zone, or else by the first', () => {
  expect(waysOut(staging)).toEqual(
    ['a', 'b', 'c'].map((zone) => [`prover-cluster-staging-private-${zone}`, 'prover-cluster-staging-nat-a']),
  );
  expect(waysOut(production)).toEqual(
    ['a', 'b', 'c'].map((zone) => [
      `prover-cluster-production-private-${zone}`,
      `prover-cluster-production-nat-${zone}`,
    ]),
  );
});

test.each([staging, production])(
  '$name: only public subnets reach the internet gateway, and hold gateways only',
  (stack) => {
    const [open, ...others] = resourcesOf(stack, 'aws_route').filter((route) => route['gateway_id'] !== undefined);
    expect(others).toEqual([]);
    const subnets = resourcesOf(stack, 'aws_route_table_association')
      .filter(({ route_table_id: table }) => table === open!['route_table_id'])
      .map(({ subnet_id: subnet }) => subnet);
    expect(resourcesOf(stack, 'aws_nat_gateway').map(({ subnet_id: subnet }) => subnet)).toEqual(subnets);
  },
);

test.each([staging, production])('$name: S3 is reached inside, from every private subnet', (stack) => {
  const [s3] = resourcesOf(stack, 'aws_vpc_endpoint').filter((endpoint) => endpoint['vpc_endpoint_type'] === 'Gateway');
  expect(s3!['service_name']).toBe('com.amazonaws.us-west-2.s3');
  expect(s3!['route_table_ids']).toHaveLength(3);
});

test("the manager's address is reserved in its subnet", () => {
  expect(resourcesOf(production, 'aws_ec2_subnet_cidr_reservation')).toMatchObject([
    {
      cidr_block: '10.30.0.10/32',
      reservation_type: 'explicit',
      subnet_id: expect.stringContaining('Private-a') as string,
    },
  ]);
});

test.each(['10.20.0.3', '10.20.15.255', '10.20.16.10'])(
  'an address that the manager cannot have is refused: %s',
  (managerAddress) => {
    const [first, ...others] = factory.environments;
    const environments = [{ ...first!, network: { ...first!.network, managerAddress } }, ...others];
    expect(() => validated({ ...factory, environments })).toThrow(
      /network\.managerAddress: .*choose one from its fifth/,
    );
  },
);

test.each([
  ['overlaps a private one', '10.20.0.0/28', /network\.natSubnets\.0\.cidr: .*overlaps 10\.20\.0\.0\/20/],
  ['is outside of the network', '10.99.0.0/28', /network\.natSubnets\.0\.cidr: .*is not within 10\.20\.0\.0\/16/],
])('a public subnet that %s is refused', (_, cidr, message) => {
  const [first, ...others] = factory.environments;
  const network = { ...first!.network, natSubnets: [{ zone: 'a', cidr }] };
  expect(() => validated({ ...factory, environments: [{ ...first!, network }, ...others] })).toThrow(message);
});

test('flow logs record all traffic', () => {
  expect(resourcesOf(production, 'aws_flow_log')).toMatchObject([{ traffic_type: 'ALL' }]);
});

describe.each(['staging', 'production'])('instances of %s', (environment) => {
  const account = stackOf(stacks, environment);
  const of = (role: string) => identityPolicy(account, `prover-cluster-${environment}-${role}-role`);
  const secrets = (statements: readonly PolicyStatement[]) =>
    listOf(statements.find(({ Sid }) => Sid === 'ReadSecrets')?.Resource).map(
      (arn) => /prover-cluster\/([a-z-]+)-\?{6}$/.exec(arn)?.[1],
    );

  test('read the secrets of their role, and no others', () => {
    const shared = ['database-password', 'valkey-password', 'storage'];
    expect(secrets(of('manager'))).toEqual([...shared, 'wallet-key', 'rpc-urls', 'order-stream-url']);
    expect(secrets(of('prover'))).toEqual(shared);
  });

  test('only the manager takes the volume and the address, and only what carries the tag of the stack', () => {
    const taking = (statements: readonly PolicyStatement[]) =>
      statements.filter(({ Action }) => listOf(Action).some((action) => /^ec2:(Attach|Assign)/.test(action)));
    expect(taking(of('prover'))).toEqual([]);
    for (const { Condition } of taking(of('manager')))
      expect(Condition).toEqual({ StringEquals: { 'aws:ResourceTag/Stack': `prover-cluster-${environment}` } });
  });

  test('write to the logs of their role only', () => {
    for (const role of ['manager', 'prover'])
      for (const arn of listOf(of(role).find(({ Sid }) => Sid === 'WriteLogs')?.Resource))
        expect(arn).toContain(`:log-group:/boundless/${environment}/prover-cluster/${role}`);
  });

  test.each(['manager', 'prover', 'flow-logs', 'snapshots'])('the role of %s has a boundary of its own', (role) => {
    const name = `prover-cluster-${environment}-${role}`;
    const boundary = Object.entries(account.resource['aws_iam_policy'] ?? {}).find(
      ([, { name: found }]) => found === `${name}-boundary`,
    );
    expect(resourceWith(account, 'aws_iam_role', 'name', `${name}-role`)).toMatchObject({
      permissions_boundary: `\${aws_iam_policy.${boundary?.[0] ?? ''}.arn}`,
    });
    expect(identityPolicy(account, `${name}-boundary`)).toEqual(of(role));
  });
});
