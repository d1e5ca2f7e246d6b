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
  'ops/packer-ami-cleanup-role#ReadImagesAndLeftovers':
    'Describe actions have no resources; reading only, in one region',
  'ops/packer-ami-cleanup-role#ReadUsage': 'Describe actions have no resources; reading only, in one region',
  'ops/packer-ami-sharing-role#ReadImages': 'Describe actions have no resources; reading only, in one region',
  'ops/packer-builder-role#SessionManager': "Session Manager's agent actions have no resources",
};
const reading = 'Describe actions have no resources; reading only, in one region';
const sessionManager = "Session Manager's agent actions have no resources";
for (const environment of ['staging', 'production']) {
  const at = (owner: string, reasons: Readonly<Record<string, string>>) =>
    Object.assign(
      wildcardResources,
      Object.fromEntries(Object.entries(reasons).map(([sid, reason]) => [`${environment}/${owner}#${sid}`, reason])),
    );
  // Of a role and of its boundary.
  const ofCluster = (name: string, reasons: Readonly<Record<string, string>>) => {
    for (const kind of ['role', 'boundary']) at(`prover-cluster-${environment}-${name}-${kind}`, reasons);
  };
  const instance = {
    SessionManager: sessionManager,
    PutMetrics: 'PutMetricData has no resources; into one namespace',
    DescribeLogGroups: reading,
  };
  ofCluster('manager', { ...instance, DescribeVolumes: reading });
  ofCluster('prover', instance);
  ofCluster('flow-logs', { DescribeLogGroups: reading });
  ofCluster('snapshots', { DescribeSnapshots: reading });
  const both = {
    ReadEc2: reading,
    ReadNetwork: reading,
    ListParameters: 'lists of parameters have no resources; in one region',
  };
  at('boundless-deployment-role', {
    ...both,
    ...(environment === 'staging' && {
      ReadSmokeTestResult: 'GetCommandInvocation has no resources; reading, in one region',
    }),
  });
  at('boundless-plan-role', {
    ...both,
    ReadGroups: reading,
    ReadAlarmsAndSubscriptions: 'composite alarms and subscriptions have no resources to read; in one region',
  });
  at('boundless-deployment-groups', { ReadGroups: reading });
  at('boundless-deployment-alarms', {
    ReadAlarmsAndSubscriptions: 'composite alarms and subscriptions have no resources to read; in one region',
    ChangeCompositeAlarmsAndSubscriptions: 'CloudWatch and SNS take no resource for these; in one region',
  });
  at('boundless-deployment-network', {
    DeleteCidrReservations:
      'a reservation has no resource; nothing is lost but the address that it keeps, in one region',
  });
  at('boundless-deployment-data', {
    CreateSnapshotPolicy: 'a policy of snapshots has no resource before it is made; its tag is demanded, in one region',
  });
  at('packer-ami-launch-reader-role', { ReadAllowedImages: 'GetAllowedImagesSettings has no resources' });
  at('packer-ami-usage-reader-role', { ReadUsage: reading });
  at('packer-ami-publisher-role', { DescribeImages: 'DescribeImages has no resources' });
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
    'production/packer-ami-usage-reader-role#Roles',
    'staging/boundless-deployment-role#Roles',
    'staging/boundless-plan-role#Roles',
    'staging/boundless-validated-reader-role#Roles',
    'staging/packer-ami-launch-reader-role#Roles',
    'staging/packer-ami-publisher-role#Roles',
    'staging/packer-ami-usage-reader-role#Roles',
  ]);
});
