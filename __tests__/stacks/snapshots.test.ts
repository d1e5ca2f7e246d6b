import { factory } from '../../config';
import { differences } from '../support/differences';
import { readable } from '../support/readable-stack';
import { stackOf, synthesize } from '../support/synthesized';

const stacks = synthesize();

test('the app has these stacks', () => {
  expect([...stacks.keys()].sort()).toEqual([
    'ops',
    'production',
    'prover-cluster-production',
    'prover-cluster-staging',
    'staging',
  ]);
});

test.each(['ops', 'production', 'prover-cluster-production'])('%s', (name) => {
  expect(readable(stackOf(stacks, name))).toMatchSnapshot();
});

/** A stack whose own account and environment are replaced: what remains of another's names is a difference. */
function withoutNames(name: string, environment: string): unknown {
  const { accountId } = factory.environments.find((one) => one.environment === environment)!;
  const text = JSON.stringify(readable(stackOf(stacks, name)));
  return JSON.parse(text.replaceAll(accountId, '<account>').replaceAll(environment, '<environment>'));
}

test.each([
  ['staging', 'production'],
  ['prover-cluster-staging', 'prover-cluster-production'],
])('%s, as far as it differs from %s', (name, other) => {
  expect(differences(withoutNames(other, 'production'), withoutNames(name, 'staging'))).toMatchSnapshot();
});

test('staging and production differ in values only, but for who may read what staging validated', () => {
  const addresses = (name: string) =>
    Object.entries(stacks.get(name)!.resource).flatMap(([type, byId]) =>
      Object.keys(byId).map((id) => `${type}.${id}`),
    );
  const validating = addresses('staging').filter((address) => address.includes('.ValidatedReaderRole_'));
  expect(validating).toHaveLength(2);
  expect(addresses('staging').filter((address) => !validating.includes(address))).toEqual(addresses('production'));
  // How many zones have a NAT gateway, which services an endpoint, and whether the queue is followed, are values too.
  const chosen = (address: string) =>
    /\.(Network_(Nat_\w+-[a-z]_|Endpoints_(Group|Https|Interface))|ProverGroup_Scaling_)/.test(address);
  expect(addresses('prover-cluster-staging').filter((address) => !chosen(address))).toEqual(
    addresses('prover-cluster-production').filter((address) => !chosen(address)),
  );
});
