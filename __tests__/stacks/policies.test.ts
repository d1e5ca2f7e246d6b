import { withEverything } from '../support/factories';
import { listOf, policiesOf, type PolicyStatement } from '../support/policies';
import { synthesize } from '../support/synthesized';

// With everything on: that is where most is allowed.
const stacks = synthesize({ factory: withEverything() });
const policies = [...stacks.values()].flatMap(policiesOf);
const statements = policies.flatMap(({ owner, kind, statements }) =>
  statements.map((statement) => ({ owner, kind, statement })),
);
const at = (owner: string, { Sid }: PolicyStatement) => `${owner}#${Sid}`;

/** Statements that name no resources, each with the reason why they can't. Entries that nothing uses fail as well. */
const wildcardResources: Readonly<Record<string, string>> = {
  'ops/boundless-chat-role#ReadAlarms': 'looks at alarms only, in one region; their names are not known beforehand',
  'ops/packer-build-role#DescribeBuilders': 'Describe actions have no resources; reading only, in one region',
  'ops/packer-ami-sharing-role#ReadImages': 'Describe actions have no resources; reading only, in one region',
  'ops/packer-builder-role#SessionManager': "Session Manager's agent actions have no resources",
};
for (const environment of ['staging', 'production']) {
  Object.assign(wildcardResources, {
    [`${environment}/boundless-deployment-role#ReadEc2`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/boundless-plan-role#ReadEc2`]: 'Describe actions have no resources; reading only, in one region',
    ...(environment === 'staging' && {
      'staging/boundless-deployment-role#ReadSmokeTestResult':
        'GetCommandInvocation has no resources; reading, in one region',
    }),
    [`${environment}/packer-ami-launch-reader-role#ReadAllowedImages`]: 'GetAllowedImagesSettings has no resources',
    [`${environment}/packer-ami-publisher-role#DescribeImages`]: 'DescribeImages has no resources',
    [`${environment}/prover-cluster-node-boundary#SessionManager`]: "Session Manager's agent actions have no resources",
    [`${environment}/prover-cluster-node-boundary#PutMetrics`]: 'PutMetricData has no resources; into one namespace',
    [`${environment}/prover-cluster-node-boundary#DescribeVolumes`]:
      'DescribeVolumes has no resources; reading, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#PutMetrics`]:
      'PutMetricData has no resources; into one namespace',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#DescribeVolumes`]:
      'DescribeVolumes has no resources; reading, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-prover-role#PutMetrics`]:
      'PutMetricData has no resources; into one namespace',
    [`${environment}/boundless-deployment-role#ReadNetwork`]: 'these have no resources; reading only, in one region',
    [`${environment}/boundless-plan-role#ReadNetwork`]: 'these have no resources; reading only, in one region',
    [`${environment}/boundless-deployment-storage#GeneratePasswordsAndListParameters`]:
      'random passwords and lists of parameters have no resources; in one region',
    [`${environment}/boundless-plan-role#GeneratePasswordsAndListParameters`]:
      'random passwords and lists of parameters have no resources; in one region',
    [`${environment}/boundless-deployment-groups#ReadGroups`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/boundless-plan-role#ReadGroups`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/prover-cluster-node-boundary#DescribeSnapshots`]:
      'Describe actions have no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-snapshots-role#DescribeSnapshots`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/boundless-deployment-alarms#ReadAlarmsAndSubscriptions`]:
      'composite alarms and subscriptions have no resources to read; in one region',
    [`${environment}/boundless-plan-role#ReadAlarmsAndSubscriptions`]:
      'composite alarms and subscriptions have no resources to read; in one region',
    [`${environment}/boundless-deployment-alarms#ChangeCompositeAlarmsAndSubscriptions`]:
      'CloudWatch and SNS take no resource for these; in one region',
    [`${environment}/boundless-deployment-network#DeleteCidrReservations`]:
      'a reservation has no resource; nothing is lost but the address that it keeps, in one region',
    [`${environment}/boundless-deployment-data#CreateSnapshotPolicy`]:
      'a policy of snapshots has no resource before it is made; its tag is demanded, in one region',
    [`${environment}/prover-cluster-node-boundary#DescribeLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-flow-logs-role#DescribeLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#DescribeLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-prover-role#DescribeLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`${environment}/boundless-deployment-network#CreateKey`]:
      'a key has no name before it is made; its tag is demanded',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#SessionManager`]:
      "Session Manager's agent actions have no resources",
    [`prover-cluster-${environment}/prover-cluster-${environment}-prover-role#SessionManager`]:
      "Session Manager's agent actions have no resources",
  });
}

const isWildcard = (resource: string) => resource === '*';

test('there are policies to look at', () => {
  expect(policies.length).toBeGreaterThan(20);
});

test('identity policies name their resources, or stand in the list of exceptions', () => {
  const found = statements
    .filter(({ kind, statement }) => kind === 'identity' && statement.Effect === 'Allow')
    .filter(({ statement }) => listOf(statement.Resource).some(isWildcard))
    .map(({ owner, statement }) => at(owner, statement));
  expect(found.sort()).toEqual(Object.keys(wildcardResources).sort());
});

test('no identity policy allows whole services', () => {
  const found = statements
    .filter(({ kind, statement }) => kind === 'identity' && statement.Effect === 'Allow')
    .filter(({ statement }) => listOf(statement.Action).some((action) => action.includes('*')))
    .map(({ owner, statement }) => at(owner, statement));
  expect(found).toEqual([]);
});

test('every statement of an identity policy has a resource, every other a principal', () => {
  for (const { kind, statement } of statements) {
    if (kind === 'identity') expect(statement).toHaveProperty('Resource');
    else expect(statement).toHaveProperty('Principal');
    expect(statement).not.toHaveProperty('NotAction');
    expect(statement).not.toHaveProperty('NotResource');
    expect(statement).not.toHaveProperty('NotPrincipal');
  }
});

test('the world is never allowed anything', () => {
  const open = statements
    .filter(({ statement }) => statement.Effect === 'Allow')
    .filter(({ statement }) => listOf(statement.Principal?.['AWS']).some((principal) => principal === '*'))
    // Policies of endpoints do: for callers inside of the network only.
    .filter(({ statement }) => statement.Condition?.['StringEquals']?.['aws:SourceVpc'] === undefined);
  expect(open).toEqual([]);
});

test('other accounts appear only where docs/names.md#accounts has them', () => {
  const owners: Record<string, string> = { ops: '111111111111', staging: '222222222222', production: '333333333333' };
  const foreign = statements
    .filter(({ kind }) => kind !== 'identity')
    .flatMap(({ owner, statement }) => {
      const account = owners[owner.split('/')[0]!.replace('prover-cluster-', '')]!;
      const others = listOf(statement.Principal?.['AWS']).filter((arn) => arn !== '*' && !arn.includes(`:${account}:`));
      return others.length > 0 ? [at(owner, statement)] : [];
    });
  expect(foreign.sort()).toEqual([
    'ops/ImageKey_1FEC5C7A#GrantToAutoScalingFromServiceAccounts',
    'ops/ImageKey_1FEC5C7A#GrantToVolumesFromServiceAccounts',
    'ops/ImageKey_1FEC5C7A#ListGrantsFromServiceAccounts',
    'ops/ImageKey_1FEC5C7A#UseFromServiceAccounts',
    'production/boundless-deployment-role#Roles',
    'production/boundless-plan-role#Roles',
    'production/packer-ami-launch-reader-role#Roles',
    'production/packer-ami-publisher-role#Roles',
    'staging/boundless-deployment-role#Roles',
    'staging/boundless-plan-role#Roles',
    'staging/boundless-validated-reader-role#Roles',
    'staging/packer-ami-launch-reader-role#Roles',
    'staging/packer-ami-publisher-role#Roles',
  ]);
});
