import { imageKinds } from '../../../../config/names';
import { withEverything } from '../../../support/factories';
import { readable } from '../../../support/pipelines';
import { identityPolicy, listOf, policiesOf, type PolicyStatement } from '../../../support/policies';
import { resourcesOf, stackOf, synthesize } from '../../../support/synthesized';

const stacks = synthesize({ factory: withEverything() });
const ops = stackOf(stacks, 'ops');
const connection = withEverything().ops.repository.connectionArn!;

/** Everything that a role may do, one line for each action on each resource. */
const granted = (role: string): string[] =>
  identityPolicy(ops, role)
    .flatMap(({ Effect, Action, Resource, Condition }: PolicyStatement) => {
      expect(Effect).toBe('Allow');
      // A bucket of another account that has taken the name is not meant.
      if (listOf(Action).some((action) => action.startsWith('s3:')))
        expect(Condition).toEqual({ StringEquals: { 'aws:ResourceAccount': '111111111111' } });
      else expect(Condition).toBeUndefined();
      return listOf(Action).flatMap((action) =>
        listOf(Resource).map((resource) => `${action} ${readable(ops, resource)}`),
      );
    })
    .sort();

const key = 'Logs, alarms and failed events of the AMI factory.arn';
const onBucket = (pipeline: string, ...actions: string[]) =>
  actions.map((action) => `${action} arn:aws:s3:::${pipeline}-artifacts-111111111111`);
const onObjects = (pipeline: string, ...actions: string[]) =>
  actions.map((action) => `${action} arn:aws:s3:::${pipeline}-artifacts-111111111111/*`);

const pipelineRights = (pipeline: string, ...projects: string[]) => [
  `codeconnections:UseConnection ${connection}`,
  ...onBucket(pipeline, 's3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'),
  ...onObjects(pipeline, 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:PutObjectAcl'),
  `kms:Decrypt ${key}`,
  `kms:GenerateDataKey ${key}`,
  ...projects.flatMap((project) => [`codebuild:BatchGetBuilds ${project}.arn`, `codebuild:StartBuild ${project}.arn`]),
];
const readRights = (pipeline: string) => [
  ...onBucket(pipeline, 's3:GetBucketAcl', 's3:GetBucketLocation'),
  ...onObjects(pipeline, 's3:GetObject', 's3:GetObjectVersion'),
  `kms:Decrypt ${key}`,
];
const logRights = (project: string) =>
  ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} /aws/codebuild/${project}.arn:*`);
const takes = (account: string, role: string) => `sts:AssumeRole arn:aws:iam::${account}:role/${role}`;

test.each<[string, string[]]>([
  ['packer-pipeline-role', pipelineRights('packer-pipeline', 'packer-build-project')],
  [
    'prover-cluster-staging-pipeline-role',
    pipelineRights('prover-cluster-staging', 'prover-cluster-staging-deployment'),
  ],
  [
    'prover-cluster-production-pipeline-role',
    pipelineRights(
      'prover-cluster-production',
      'prover-cluster-production-plan',
      'prover-cluster-production-deployment',
    ),
  ],
  [
    'prover-cluster-staging-deployment-role',
    [
      ...logRights('prover-cluster-staging-deployment'),
      ...readRights('prover-cluster-staging'),
      takes('222222222222', 'boundless-deployment-role'),
    ],
  ],
  [
    'prover-cluster-production-plan-role',
    [
      ...logRights('prover-cluster-production-plan'),
      ...readRights('prover-cluster-production'),
      's3:PutObject arn:aws:s3:::prover-cluster-production-artifacts-111111111111/*/plan/*',
      `kms:GenerateDataKey ${key}`,
      takes('333333333333', 'boundless-plan-role'),
      takes('222222222222', 'boundless-validated-reader-role'),
    ],
  ],
  [
    'prover-cluster-production-deployment-role',
    [
      ...logRights('prover-cluster-production-deployment'),
      ...readRights('prover-cluster-production'),
      ...onBucket('prover-cluster-production', 's3:ListBucketVersions'),
      takes('333333333333', 'boundless-deployment-role'),
    ],
  ],
  ['prover-cluster-staging-schedule-role', ['codepipeline:StartPipelineExecution prover-cluster-staging.arn']],
])('%s may do exactly this', (role, expected) => {
  expect(granted(role)).toEqual([...expected].sort());
});

test('these are all roles of delivery', () => {
  const roles = resourcesOf(ops, 'aws_iam_role').map(({ name }) => String(name));
  expect(roles.filter((name) => /pipeline|cluster/.test(name)).sort()).toEqual([
    'packer-pipeline-role',
    'prover-cluster-production-deployment-role',
    'prover-cluster-production-pipeline-role',
    'prover-cluster-production-plan-role',
    'prover-cluster-staging-deployment-role',
    'prover-cluster-staging-pipeline-role',
    'prover-cluster-staging-schedule-role',
  ]);
});

test('the build of images gets the artifacts of its pipeline, and nothing else, for being in one', () => {
  const without = identityPolicy(stackOf(synthesize(), 'ops'), 'packer-build-role').map(({ Sid }) => Sid);
  const more = identityPolicy(ops, 'packer-build-role').filter(({ Sid }) => !without.includes(Sid));
  expect(more.map(({ Sid }) => Sid)).toEqual([
    'ReadRepository',
    'ArtifactBucket',
    'Artifacts',
    'OwnOutputs',
    'ArtifactKey',
  ]);
  expect(
    more
      .flatMap(({ Action, Resource }) =>
        listOf(Action).flatMap((a) => listOf(Resource).map((resource) => `${a} ${readable(ops, resource)}`)),
      )
      .sort(),
  ).toEqual(
    [
      ...['GetConnection', 'GetConnectionToken', 'UseConnection'].map((a) => `codeconnections:${a} ${connection}`),
      ...readRights('packer-pipeline'),
      ...imageKinds.map((image) => `s3:PutObject arn:aws:s3:::packer-pipeline-artifacts-111111111111/*/${image}/*`),
      `kms:GenerateDataKey ${key}`,
    ].sort(),
  );
});

test.each([
  ['packer-pipeline-role', 'codepipeline.amazonaws.com'],
  ['prover-cluster-staging-pipeline-role', 'codepipeline.amazonaws.com'],
  ['prover-cluster-production-pipeline-role', 'codepipeline.amazonaws.com'],
  ['prover-cluster-staging-deployment-role', 'codebuild.amazonaws.com'],
  ['prover-cluster-production-plan-role', 'codebuild.amazonaws.com'],
  ['prover-cluster-production-deployment-role', 'codebuild.amazonaws.com'],
  ['prover-cluster-staging-schedule-role', 'scheduler.amazonaws.com'],
])('%s is taken by %s alone', (role, service) => {
  const [trust] = policiesOf(ops).filter(({ kind, owner }) => kind === 'trust' && owner === `ops/${role}`);
  const group = 'arn:aws:scheduler:us-west-2:111111111111:schedule-group/prover-cluster-staging';
  expect(trust?.statements).toEqual([
    {
      Sid: 'Service',
      Effect: 'Allow',
      Principal: { Service: service },
      Action: 'sts:AssumeRole',
      ...(!service.startsWith('scheduler') && {
        Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
      }),
      ...(service.startsWith('scheduler') && {
        Condition: { StringEquals: { 'aws:SourceAccount': '111111111111', 'aws:SourceArn': group } },
      }),
    },
  ]);
});

test('each role that a build takes trusts it, and nobody takes another', () => {
  const trusts = (account: string, role: string): readonly string[] => {
    const stack = account === '222222222222' ? 'staging' : 'production';
    const [trust] = policiesOf(stackOf(stacks, stack)).filter(
      ({ kind, owner }) => kind === 'trust' && owner === `${stack}/${role}`,
    );
    return listOf(trust?.statements[0]?.Condition?.['ArnEquals']?.['aws:PrincipalArn']);
  };
  const taken = policiesOf(ops)
    .filter(({ kind, owner }) => kind === 'identity' && owner.includes('cluster'))
    .flatMap(({ owner, statements }) =>
      statements
        .filter(({ Action }) => Action === 'sts:AssumeRole')
        .flatMap(({ Resource }) => listOf(Resource).map((arn) => [owner.replace('ops/', ''), arn] as const)),
    );
  expect(taken).toHaveLength(4);
  for (const [taker, arn] of taken) {
    const [, account = '', role = ''] = /^arn:aws:iam::(\d+):role\/(.+)$/.exec(arn) ?? [];
    expect([arn, trusts(account, role)]).toEqual([arn, [`arn:aws:iam::111111111111:role/${taker}`]]);
  }
});
