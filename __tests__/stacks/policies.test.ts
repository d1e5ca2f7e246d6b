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
  'ops/boundless-chat-role#ShowAlarms': 'looks at alarms only, in one region; their names are not known beforehand',
  'ops/packer-build-role#Read': 'Describe actions have no resources; reading only, in one region',
  'ops/packer-ami-sharing-role#ReadImages': 'Describe actions have no resources; reading only, in one region',
  'ops/packer-builder-role#AnswerSessions': "Session Manager's agent actions have no resources",
};
for (const environment of ['staging', 'production']) {
  Object.assign(wildcardResources, {
    [`${environment}/boundless-deployment-role#ReadEc2`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/boundless-plan-role#ReadEc2`]: 'Describe actions have no resources; reading only, in one region',
    ...(environment === 'staging' && {
      'staging/boundless-deployment-role#FollowSmokeTest':
        'GetCommandInvocation has no resources; reading, in one region',
    }),
    [`${environment}/packer-ami-launch-reader-role#SeeAllowedImages`]: 'GetAllowedImagesSettings has no resources',
    [`${environment}/packer-ami-publisher-role#SeeImages`]: 'DescribeImages has no resources',
    [`${environment}/prover-cluster-node-boundary#AnswerSessions`]: "Session Manager's agent actions have no resources",
    [`${environment}/prover-cluster-node-boundary#Measure`]: 'PutMetricData has no resources; into one namespace',
    [`${environment}/prover-cluster-node-boundary#FindVolume`]:
      'DescribeVolumes has no resources; reading, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#Measure`]:
      'PutMetricData has no resources; into one namespace',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#FindVolume`]:
      'DescribeVolumes has no resources; reading, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-prover-role#Measure`]:
      'PutMetricData has no resources; into one namespace',
    [`${environment}/boundless-deployment-role#ReadNetwork`]: 'these have no resources; reading only, in one region',
    [`${environment}/boundless-plan-role#ReadNetwork`]: 'these have no resources; reading only, in one region',
    [`${environment}/boundless-deployment-storage#ReadWithoutNames`]:
      'random passwords and lists of parameters have no resources; in one region',
    [`${environment}/boundless-plan-role#ReadWithoutNames`]:
      'random passwords and lists of parameters have no resources; in one region',
    [`${environment}/boundless-deployment-groups#ReadGroups`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/boundless-plan-role#ReadGroups`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/prover-cluster-node-boundary#FindSnapshots`]:
      'Describe actions have no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-snapshots-role#FindSnapshots`]:
      'Describe actions have no resources; reading only, in one region',
    [`${environment}/boundless-deployment-alarms#ReadAlarmsAndSubscriptions`]:
      'composite alarms and subscriptions have no resources to read; in one region',
    [`${environment}/boundless-plan-role#ReadAlarmsAndSubscriptions`]:
      'composite alarms and subscriptions have no resources to read; in one region',
    [`${environment}/boundless-deployment-alarms#ChangeCompositesAndSubscriptions`]:
      'CloudWatch and SNS take no resource for these; in one region',
    [`${environment}/boundless-deployment-network#DeleteReservations`]:
      'a reservation has no resource; nothing is lost but the address that it keeps, in one region',
    [`${environment}/boundless-deployment-data#CreateSnapshotPolicy`]:
      'a policy of snapshots has no resource before it is made; its tag is demanded, in one region',
    [`${environment}/prover-cluster-node-boundary#FindLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-flow-logs-role#FindLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#FindLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`prover-cluster-${environment}/prover-cluster-${environment}-prover-role#FindLogGroups`]:
      'DescribeLogGroups has no resources; reading only, in one region',
    [`${environment}/boundless-deployment-network#CreateKey`]:
      'a key has no name before it is made; its tag is demanded',
    [`prover-cluster-${environment}/prover-cluster-${environment}-manager-role#AnswerSessions`]:
      "Session Manager's agent actions have no resources",
    [`prover-cluster-${environment}/prover-cluster-${environment}-prover-role#AnswerSessions`]:
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
    // Endpoints ask for it: whoever is in the network, and nobody else.
    .filter(({ statement }) => statement.Condition?.['StringEquals']?.['aws:SourceVpc'] === undefined);
  expect(open).toEqual([]);
});

test('other accounts appear only where the design has them', () => {
  const owners: Record<string, string> = { ops: '111111111111', staging: '222222222222', production: '333333333333' };
  const foreign = statements
    .filter(({ kind }) => kind !== 'identity')
    .flatMap(({ owner, statement }) => {
      const account = owners[owner.split('/')[0]!.replace('prover-cluster-', '')]!;
      const others = listOf(statement.Principal?.['AWS']).filter((arn) => arn !== '*' && !arn.includes(`:${account}:`));
      return others.length > 0 ? [at(owner, statement)] : [];
    });
  expect(foreign.sort()).toEqual([
    'ops/ImageKey_1FEC5C7A#ServiceAccountsFindTheirGrants',
    'ops/ImageKey_1FEC5C7A#ServiceAccountsGrantToAutoScaling',
    'ops/ImageKey_1FEC5C7A#ServiceAccountsGrantToVolumes',
    'ops/ImageKey_1FEC5C7A#ServiceAccountsUse',
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
