import { imageTags } from '../../config/names';
import { identityPolicy, listOf, policiesOf, type PolicyStatement } from '../support/policies';
import { stackOf, synthesize } from '../support/synthesized';

const stacks = synthesize();
const environments = [
  ['staging', '222222222222'],
  ['production', '333333333333'],
] as const;

const trustOf = (stack: string, role: string): readonly PolicyStatement[] => {
  const found = policiesOf(stackOf(stacks, stack)).find(
    ({ owner, kind }) => kind === 'trust' && owner === `${stack}/${role}`,
  );
  return found?.statements ?? [];
};

const exactly = (...roleNames: string[]) => [
  {
    Sid: 'Roles',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111111111111:root' },
    Action: 'sts:AssumeRole',
    Condition: { ArnEquals: { 'aws:PrincipalArn': roleNames.map((name) => `arn:aws:iam::111111111111:role/${name}`) } },
  },
];

const serviceOnly = (service: string, account?: string) => [
  {
    Sid: 'Service',
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'sts:AssumeRole',
    ...(account !== undefined && { Condition: { StringEquals: { 'aws:SourceAccount': account } } }),
  },
];

const allowed = (statements: readonly PolicyStatement[], action: string) =>
  statements.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes(action));

test('plans of production read what staging validated, and that is all', () => {
  expect(trustOf('staging', 'boundless-validated-reader-role')).toEqual(exactly('prover-cluster-production-plan-role'));
  expect(identityPolicy(stackOf(stacks, 'staging'), 'boundless-validated-reader-role')).toEqual([
    {
      Sid: 'ReadValidated',
      Effect: 'Allow',
      Action: 'ssm:GetParameter',
      Resource: 'arn:aws:ssm:us-west-2:222222222222:parameter/boundless/ami/validated-images',
    },
  ]);
  expect(JSON.stringify(stackOf(stacks, 'production'))).not.toContain('boundless-validated-reader-role');
});

test('deployments of staging record validated images; those of production may not', () => {
  const statements = (environment: string) =>
    allowed(identityPolicy(stackOf(stacks, environment), 'boundless-deployment-role'), 'ssm:PutParameter').filter(
      ({ Sid }) => Sid !== 'ChangeParameters',
    );
  expect(statements('staging')).toEqual([
    {
      Sid: 'ValidateImages',
      Effect: 'Allow',
      Action: 'ssm:PutParameter',
      Resource: ['manager/validated', 'prover/validated', 'validated-images'].map(
        (name) => `arn:aws:ssm:us-west-2:222222222222:parameter/boundless/ami/${name}`,
      ),
    },
  ]);
  expect(statements('production')).toEqual([]);
});

/** All statements of the deployment role: of the policies that are attached to it, and its own. */
const partsOf = (environment: string): readonly PolicyStatement[] =>
  ['network', 'groups', 'data', 'alarms', 'role'].flatMap((part) =>
    identityPolicy(stackOf(stacks, environment), `boundless-deployment-${part}`),
  );

describe.each(environments)('%s', (environment, account) => {
  test('the publisher role trusts exactly the sharing Lambda', () => {
    expect(trustOf(environment, 'packer-ami-publisher-role')).toEqual(exactly('packer-ami-sharing-role'));
  });

  test('the publisher role moves and pins pointers and tags images of ops, and that is all', () => {
    const statements = identityPolicy(stackOf(stacks, environment), 'packer-ami-publisher-role');
    const pointers = `arn:aws:ssm:us-west-2:${account}:parameter/boundless/ami/*`;
    expect(statements).toEqual([
      {
        Sid: 'ReadPointers',
        Effect: 'Allow',
        Action: 'ssm:GetParameters',
        Resource: [
          ...['latest', 'pinned', 'validated'].map((pointer) => `${pointers}/${pointer}`),
          `arn:aws:ssm:us-west-2:${account}:parameter/boundless/ami/validated-images`,
        ],
      },
      {
        Sid: 'MovePointers',
        Effect: 'Allow',
        Action: 'ssm:PutParameter',
        Resource: [`${pointers}/latest`, `${pointers}/pinned`],
      },
      { Sid: 'Unpin', Effect: 'Allow', Action: 'ssm:DeleteParameter', Resource: `${pointers}/pinned` },
      {
        Sid: 'TagFactoryImages',
        Effect: 'Allow',
        Action: 'ec2:CreateTags',
        Resource: 'arn:aws:ec2:us-west-2::image/*',
        Condition: {
          StringEquals: { 'ec2:Owner': '111111111111' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': imageTags },
          Null: { 'aws:TagKeys': 'false' },
        },
      },
      expect.objectContaining({ Sid: 'DescribeImages', Action: 'ec2:DescribeImages' }),
    ]);
  });

  test('the launch reader looks at one role and one setting, for the sharing Lambda', () => {
    expect(trustOf(environment, 'packer-ami-launch-reader-role')).toEqual(exactly('packer-ami-sharing-role'));
    expect(identityPolicy(stackOf(stacks, environment), 'packer-ami-launch-reader-role')).toEqual([
      {
        Sid: 'ReadAutoScalingRole',
        Effect: 'Allow',
        Action: 'iam:GetRole',
        Resource: `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
      },
      expect.objectContaining({ Sid: 'ReadAllowedImages', Action: 'ec2:GetAllowedImagesSettings' }),
    ]);
  });

  test('the usage reader reads, for the cleanup Lambda', () => {
    const role = 'packer-ami-usage-reader-role';
    expect(trustOf(environment, role)).toEqual(exactly('packer-ami-cleanup-role'));
    const statements = identityPolicy(stackOf(stacks, environment), role);
    const reading = /^(autoscaling|ec2|ssm):(Describe|Get)[A-Za-z]+$/;
    expect(statements.flatMap(({ Action }) => listOf(Action)).filter((action) => !reading.test(action))).toEqual([]);
    expect(allowed(statements, 'ssm:GetParameters').map(({ Resource }) => Resource)).toEqual([
      [account, '111111111111'].map((id) => `arn:aws:ssm:us-west-2:${id}:parameter/*`),
    ]);
  });

  test('of the roles that the sharing Lambda may name, only those two trust it', () => {
    const trusting = policiesOf(stackOf(stacks, environment))
      .filter(
        ({ kind, statements }) => kind === 'trust' && JSON.stringify(statements).includes('packer-ami-sharing-role'),
      )
      .map(({ owner }) => owner);
    expect(trusting.sort()).toEqual(
      ['packer-ami-launch-reader-role', 'packer-ami-publisher-role'].map((role) => `${environment}/${role}`),
    );
  });

  test('the deployment and plan roles trust exactly the CodeBuild role of their step', () => {
    expect(trustOf(environment, 'boundless-deployment-role')).toEqual(
      exactly(`prover-cluster-${environment}-deployment-role`),
    );
    expect(trustOf(environment, 'boundless-plan-role')).toEqual(exactly(`prover-cluster-${environment}-plan-role`));
  });

  test('the plan role reads, but for the lock of its own state', () => {
    const statements = identityPolicy(stackOf(stacks, environment), 'boundless-plan-role');
    const reading = /^[a-z0-9]+:(Describe|Get|List)[A-Za-z]*$/;
    const writes = statements.filter(
      ({ Effect, Action }) => Effect === 'Allow' && !listOf(Action).every((action) => reading.test(action)),
    );
    expect(writes).toEqual([
      {
        Sid: 'StateLock',
        Effect: 'Allow',
        Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        Resource: `arn:aws:s3:::boundless-terraform-state-${account}-us-west-2/prover-cluster-${environment}.tfstate.tflock`,
      },
    ]);
    expect(allowed(statements, 'secretsmanager:GetSecretValue')).toEqual([]);
  });

  test('the deployment role changes no role, and passes only those of its cluster, each to its service', () => {
    const statements = partsOf(environment);
    const calls = statements.flatMap(({ Effect, Action }) => (Effect === 'Allow' ? listOf(Action) : []));
    const changing = /^(iam|kms:(Put|Schedule|Disable|Create(Key|Alias))|secretsmanager|lambda|s3:(Put|Delete)Bucket)/;
    expect(calls.filter((action) => changing.test(action))).toEqual(Array(3).fill('iam:PassRole'));
    const role = (name: string) => `arn:aws:iam::${account}:role/prover-cluster-${environment}-${name}-role`;
    const passed = allowed(statements, 'iam:PassRole').map(({ Resource, Condition }) => [listOf(Resource), Condition]);
    expect(passed).toEqual(
      [
        [[role('flow-logs')], 'vpc-flow-logs.amazonaws.com'],
        [[role('snapshots')], 'dlm.amazonaws.com'],
        [[role('manager'), role('prover')], 'ec2.amazonaws.com'],
      ].map(([roles, service]) => [roles, { StringEquals: { 'iam:PassedToService': service } }]),
    );
  });

  test('the deployment role changes only what carries the tag of its stack', () => {
    const statements = ['boundless-deployment-role', 'boundless-deployment-network'].flatMap((name) =>
      identityPolicy(stackOf(stacks, environment), name),
    );
    const changes = statements.filter(({ Action }) =>
      listOf(Action).some((action) => /^(ec2|kms):(?!Describe|Get|List)/.test(action)),
    );
    expect(changes.length).toBeGreaterThan(0);
    for (const { Sid, Action, Condition } of changes) {
      // These know no tags, and take nothing from others: the address is authorized as well, by its own tag.
      if (Sid === 'DeleteCidrReservations' || Sid === 'DisassociateAddresses') {
        expect(listOf(Action)).toEqual([
          Sid === 'DisassociateAddresses' ? 'ec2:DisassociateAddress' : 'ec2:DeleteSubnetCidrReservation',
        ]);
        continue;
      }
      // The default group of a new VPC has no tag: rules are removed from it, and from no group of another stack.
      if (Sid === 'EmptyUntaggedGroups') {
        expect(listOf(Action)).toEqual(['ec2:RevokeSecurityGroupEgress', 'ec2:RevokeSecurityGroupIngress']);
        expect(Condition).toEqual({ Null: { 'aws:ResourceTag/Stack': 'true' } });
        continue;
      }
      const { 'ec2:CreateAction': during, ...tagged } = Condition?.['StringEquals'] ?? {};
      // What exists already must not be labelled as own: tags are given while a resource is made.
      if (listOf(Action).includes('ec2:CreateTags') && tagged['aws:RequestTag/Stack'] !== undefined)
        expect([Sid, listOf(during).length > 0]).toEqual([Sid, true]);
      const tags = Object.entries(tagged);
      expect(tags).toEqual([
        [expect.stringMatching(/^aws:(Request|Resource)Tag\/Stack$/), `prover-cluster-${environment}`],
      ]);
    }
  });

  test('the deployment role and flow logs have the rights that their calls need beside the ones on own parts', () => {
    const network = identityPolicy(stackOf(stacks, environment), 'boundless-deployment-network');
    expect(allowed(network, 'route53:AssociateVPCWithHostedZone').map(({ Resource }) => Resource)).toEqual([
      'arn:aws:route53:::hostedzone/*',
    ]);
    for (const name of ['flow-logs', 'manager', 'prover'].map((one) => `prover-cluster-${environment}-${one}-role`))
      for (const action of ['logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:PutLogEvents'])
        expect([name, action, allowed(identityPolicy(stackOf(stacks, environment), name), action)]).toEqual([
          name,
          action,
          expect.arrayContaining([expect.anything()]),
        ]);
  });

  test('the deployment role changes alarms, counts and the topic of its own cluster', () => {
    const statements = identityPolicy(stackOf(stacks, environment), 'boundless-deployment-alarms');
    const alarm = `arn:aws:cloudwatch:us-west-2:${account}:alarm:prover-cluster-${environment}-*`;
    const logs = `arn:aws:logs:us-west-2:${account}:log-group:/boundless/${environment}/prover-cluster/*`;
    const topic = `arn:aws:sns:us-west-2:${account}:prover-cluster-${environment}-alarms`;
    const resources = (action: string) => allowed(statements, action).map(({ Resource }) => Resource);
    for (const action of ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms', 'cloudwatch:TagResource'])
      expect(resources(action)).toEqual([alarm]);
    for (const action of ['logs:PutMetricFilter', 'logs:DeleteMetricFilter', 'logs:DescribeMetricFilters'])
      expect(resources(action)).toEqual([logs]);
    for (const action of ['sns:CreateTopic', 'sns:DeleteTopic', 'sns:SetTopicAttributes', 'sns:Subscribe'])
      expect(resources(action)).toEqual([topic]);
    // It creates alarms, and can neither disable nor fire one.
    for (const action of ['sns:Publish', 'cloudwatch:DisableAlarmActions', 'cloudwatch:SetAlarmState'])
      expect(resources(action)).toEqual([]);
    expect(
      Object.values(stackOf(stacks, environment).resource['aws_iam_role_policy_attachment'] ?? {}).map(
        ({ policy_arn, role }) => [policy_arn, role].map(String).join(' '),
      ),
    ).toContainEqual(
      expect.stringMatching(
        /aws_iam_policy\.DeploymentRoles_DeploymentAlarms_\w+\.arn.*DeploymentRoles_Deployment_\w+\.name/,
      ),
    );
  });

  test('only an environment that validates images may record them, for the images that its instances run', () => {
    const written = ['boundless-deployment-role', 'boundless-plan-role'].flatMap((role) =>
      allowed(identityPolicy(stackOf(stacks, environment), role), 'ssm:PutParameter').flatMap(({ Resource }) =>
        listOf(Resource).filter((name) => name.includes('/boundless/ami/')),
      ),
    );
    const pointers = ['manager/validated', 'prover/validated', 'validated-images'].map(
      (name) => `arn:aws:ssm:us-west-2:${account}:parameter/boundless/ami/${name}`,
    );
    expect(written).toEqual(environment === 'staging' ? pointers : []);
  });

  test('Auto Scaling may use the image key, by a grant from this account', () => {
    const stack = stackOf(stacks, environment);
    expect(Object.values(stack.data?.['aws_kms_key'] ?? {})).toMatchObject([
      { key_id: 'arn:aws:kms:us-west-2:111111111111:alias/boundless-ami' },
    ]);
    expect(Object.values(stack.resource['aws_kms_grant'] ?? {})).toMatchObject([
      {
        key_id: expect.stringMatching(/^\$\{data\.aws_kms_key\.\w+\.arn\}$/) as unknown,
        grantee_principal: `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
        retiring_principal: `arn:aws:iam::${account}:root`,
        retire_on_delete: true,
        operations: [
          'CreateGrant',
          'Decrypt',
          'DescribeKey',
          'Encrypt',
          'GenerateDataKey',
          'GenerateDataKeyWithoutPlaintext',
          'ReEncryptFrom',
          'ReEncryptTo',
        ],
      },
    ]);
  });
});

describe('ops', () => {
  const ops = stackOf(stacks, 'ops');

  test.each([
    ['packer-build-role', 'codebuild.amazonaws.com', '111111111111'],
    ['packer-ami-sharing-role', 'lambda.amazonaws.com', undefined],
    ['packer-builder-role', 'ec2.amazonaws.com', undefined],
  ])('%s trusts %s only', (role, service, account) => {
    expect(trustOf('ops', role)).toEqual(serviceOnly(service, account));
  });

  test('the build role cannot share, and cannot delete what is baked', () => {
    const statements = identityPolicy(ops, 'packer-build-role');
    for (const action of [
      'ec2:ModifyImageAttribute',
      'ec2:ModifySnapshotAttribute',
      'ec2:ResetImageAttribute',
      'ec2:DeregisterImage',
      'ec2:DeleteSnapshot',
      'ec2:DisableImage',
    ])
      expect(allowed(statements, action)).toEqual([]);
  });

  test('the build role ends and images only instances with the profile of builders', () => {
    const statements = identityPolicy(ops, 'packer-build-role');
    const builders = {
      ArnEquals: { 'ec2:InstanceProfile': 'arn:aws:iam::111111111111:instance-profile/packer-builder' },
    };
    for (const action of ['ec2:TerminateInstances', 'ec2:StopInstances'])
      expect(allowed(statements, action).map(({ Condition }) => Condition)).toEqual([builders]);
    expect(allowed(statements, 'ec2:CreateImage').map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
      ['CreateImageFromOwnBuilder', builders],
      ['CreateImageResource', undefined],
    ]);
  });

  test('the sharing role acts in the configured accounts only', () => {
    const statements = identityPolicy(ops, 'packer-ami-sharing-role');
    expect(allowed(statements, 'sts:AssumeRole').map(({ Resource }) => Resource)).toEqual([
      environments.map(([, account]) => `arn:aws:iam::${account}:role/packer-ami-*-role`),
    ]);
  });

  test('the sharing role changes images of this factory only, and of their tags only the one of withdrawal', () => {
    const statements = identityPolicy(ops, 'packer-ami-sharing-role');
    const own = {
      StringEquals: { 'aws:ResourceTag/ManagedBy': 'packer', 'aws:ResourceTag/Project': 'boundless-ami-factory' },
    };
    const Resource = 'arn:aws:ec2:us-west-2::image/*';
    expect(allowed(statements, 'ec2:EnableImageDeprecation')).toMatchObject([{ Resource, Condition: own }]);
    // Whatever is public may be made private, also what lost its tags.
    const isPublic = { Bool: { 'ec2:Public': 'true' }, StringEquals: { 'ec2:Owner': '111111111111' } };
    expect(allowed(statements, 'ec2:ModifyImageAttribute')).toMatchObject([
      { Resource, Condition: own },
      { Resource, Condition: isPublic },
    ]);
    expect(allowed(statements, 'ec2:CreateTags')).toEqual([
      {
        Sid: 'TagWithdrawnImages',
        Effect: 'Allow',
        Action: 'ec2:CreateTags',
        Resource,
        Condition: {
          ...own,
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['Withdrawn', 'WithdrawalAnnounced'] },
          Null: { 'aws:TagKeys': 'false' },
        },
      },
    ]);
  });

  test('the cleanup role changes what this factory made only, and of its tags only its own', () => {
    const statements = identityPolicy(ops, 'packer-ami-cleanup-role');
    const own = { 'aws:ResourceTag/ManagedBy': 'packer', 'aws:ResourceTag/Project': 'boundless-ami-factory' };
    const changing = statements.filter(({ Action }) =>
      listOf(Action).some((action) => action.startsWith('ec2:') && !action.startsWith('ec2:Describe')),
    );
    expect(changing).toHaveLength(3);
    for (const { Condition } of changing) expect(Condition?.['StringEquals']).toEqual(own);
    const TagKeys = ['RetirementDisabledAt', 'RetirementUndoneAt', 'RetirementProtectedBy'];
    for (const action of ['ec2:CreateTags', 'ec2:DeleteTags'])
      expect(allowed(statements, action)).toMatchObject([
        { Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': TagKeys }, Null: { 'aws:TagKeys': 'false' } } },
      ]);
  });

  test('who shares images cannot retire them, and who retires them cannot share them', () => {
    const [sharing, cleanup] = ['packer-ami-sharing-role', 'packer-ami-cleanup-role'].map((role) =>
      identityPolicy(ops, role),
    ) as [PolicyStatement[], PolicyStatement[]];
    expect(allowed(cleanup, 'ec2:ModifyImageAttribute')).toEqual([]);
    for (const action of ['ec2:DisableImage', 'ec2:DeregisterImage', 'ec2:DeleteSnapshot'])
      expect(allowed(sharing, action)).toEqual([]);
    expect(allowed(cleanup, 'sts:AssumeRole').map(({ Resource }) => Resource)).toEqual([
      environments.map(([, account]) => `arn:aws:iam::${account}:role/packer-ami-usage-reader-role`),
    ]);
  });

  test('the sharing role speaks on the default bus as the factory, and as nobody else', () => {
    expect(allowed(identityPolicy(ops, 'packer-ami-sharing-role'), 'events:PutEvents')).toMatchObject([
      {
        Resource: 'arn:aws:events:us-west-2:111111111111:event-bus/default',
        Condition: { StringEquals: { 'events:source': 'boundless.ami' } },
      },
    ]);
  });

  test('no service account can revoke the grant of another', () => {
    const key = policiesOf(ops).find(({ owner }) => owner === 'ops/ImageKey_1FEC5C7A');
    for (const action of ['kms:RevokeGrant', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey'])
      expect(allowed(key?.statements ?? [], action)).toEqual([]);
  });

  test('the image key lets service accounts grant to Auto Scaling and to volumes, and to nobody else', () => {
    const key = policiesOf(ops).find(({ owner }) => owner === 'ops/ImageKey_1FEC5C7A');
    const grants = allowed(key?.statements ?? [], 'kms:CreateGrant');
    const accounts = environments.map(([, account]) => `arn:aws:iam::${account}:root`);
    const forResource = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };
    expect(grants).toMatchObject([
      { Sid: 'GrantBySpot', Condition: forResource },
      {
        Sid: 'GrantToVolumesFromServiceAccounts',
        Principal: { AWS: accounts },
        Condition: { ...forResource, StringEquals: { 'kms:ViaService': 'ec2.us-west-2.amazonaws.com' } },
      },
      {
        Sid: 'GrantToAutoScalingFromServiceAccounts',
        Principal: { AWS: accounts },
        Condition: {
          ArnEquals: {
            'kms:GranteePrincipal': environments.map(
              ([, account]) =>
                `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
            ),
          },
        },
      },
    ]);
  });
});
