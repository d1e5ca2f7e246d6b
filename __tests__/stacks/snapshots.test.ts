import { synthesize, type SynthesizedStack } from '../support/synthesized';

const stacks = synthesize();

/** Without what changes by itself: metadata, hashes of archives, the provider's version. */
function normalised({ terraform, provider, resource, data, variable, output }: SynthesizedStack): unknown {
  return JSON.parse(
    JSON.stringify({ terraform, provider, resource, data, variable, output }),
    (key, value: unknown) => {
      if (key === '//') return undefined;
      if (key === 'source_code_hash') return '[hash]';
      if (key === 'filename' && typeof value === 'string') return value.replace(/[0-9A-F]{32}/, '[hash]');
      if (key === 'required_providers') return { aws: { source: 'aws', version: '[version]' } };
      return value;
    },
  ) as unknown;
}

test('the app has these stacks', () => {
  expect([...stacks.keys()].sort()).toEqual([
    'ops',
    'production',
    'prover-cluster-production',
    'prover-cluster-staging',
    'staging',
  ]);
});

test.each([...stacks.keys()])('%s', (name) => {
  expect(normalised(stacks.get(name)!)).toMatchSnapshot();
});

test('staging and production differ in values only, but for who may read what staging proved', () => {
  const addresses = (name: string) =>
    Object.entries(stacks.get(name)!.resource).flatMap(([type, byId]) =>
      Object.keys(byId).map((id) => `${type}.${id}`),
    );
  const proving = addresses('staging').filter((address) => address.includes('.ValidatedReaderRole_'));
  expect(proving).toHaveLength(2);
  expect(addresses('staging').filter((address) => !proving.includes(address))).toEqual(addresses('production'));
  // How many zones have a NAT gateway, which services an endpoint, and whether the queue is followed, are values too.
  const chosen = (address: string) =>
    /\.(Network_(Nat_\w+-[a-z]_|Endpoints_(Group|Https|Interface))|ProverGroup_Scaling_)/.test(address);
  expect(addresses('prover-cluster-staging').filter((address) => !chosen(address))).toEqual(
    addresses('prover-cluster-production').filter((address) => !chosen(address)),
  );
});
