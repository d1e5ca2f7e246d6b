import { readFileSync } from 'node:fs';
import { listOf } from '../support/policies';
import { resourcesOf, resourceWith } from '../support/synthesized';
import type { Principal } from './iam/evaluate';
import {
  accounts,
  administrator,
  may,
  mayOnClusterKey,
  mayOnSecret,
  mayTake,
  principal,
  rolesOf,
  stackNamed,
  takenFrom,
  type AccountName,
} from './world';

const clusters = ['staging', 'production'] as const satisfies readonly AccountName[];
type Cluster = (typeof clusters)[number];

const arn = (service: string, account: AccountName, resource: string) =>
  `arn:aws:${service}:us-west-2:${accounts[account]}:${resource}`;
const iam = (account: AccountName, resource: string) => `arn:aws:iam::${accounts[account]}:${resource}`;
const deployment = (account: Cluster) => principal(account, 'boundless-deployment-role');
const instance = (account: Cluster, role: 'manager' | 'prover') =>
  principal(account, `prover-cluster-${account}-${role}-role`);
const ofEither = (reaches: (account: Cluster) => boolean): boolean => clusters.some(reaches);

const readsWallet = (who: Principal, account: Cluster): boolean =>
  mayOnSecret(who, 'secretsmanager:GetSecretValue', account, 'wallet-key');

interface Action {
  readonly name: string;
  readonly category: string;
  readonly configuration: Readonly<Record<string, string>>;
}
/** The actions of a pipeline, in the order of its stages. */
const actionsOf = (pipeline: string): readonly Action[] =>
  (resourceWith(stackNamed('ops'), 'aws_codepipeline', 'name', pipeline)['stage'] as { action: Action[] }[]).flatMap(
    ({ action }) => action,
  );
const isApprovedBefore = (pipeline: string, name: string): boolean => {
  const actions = actionsOf(pipeline);
  const approval = actions.findIndex(({ category }) => category === 'Approval');
  return approval >= 0 && approval < actions.findIndex((action) => action.name === name);
};

/** Whether the deployment role can start an instance of its choice with the manager's role. */
const launchesManager = (account: Cluster): boolean => {
  const run = (type: string, context: Readonly<Record<string, string>>, resource = arn('ec2', account, `${type}/x`)) =>
    may(deployment(account), 'ec2:RunInstances', resource, { context });
  const template = { 'ec2:LaunchTemplate': arn('ec2', account, 'launch-template/lt-1') };
  return (
    run('launch-template', { 'aws:ResourceTag/Stack': `prover-cluster-${account}` }) &&
    ['instance', 'subnet', 'security-group', 'volume', 'network-interface'].every((type) => run(type, template)) &&
    run('image', { ...template, 'ec2:Owner': accounts.ops }, 'arn:aws:ec2:us-west-2::image/ami-1') &&
    may(deployment(account), 'iam:PassRole', iam(account, `role/prover-cluster-${account}-manager-role`), {
      context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    })
  );
};

/** Every way to the right to read: to change who may take a role, what a role may do, or whom a secret or key lets in. */
const widensIam = (account: Cluster): boolean => {
  const who = deployment(account);
  const manager = `prover-cluster-${account}-manager-role`;
  const boundaries = ['manager', 'prover', 'flow-logs', 'snapshots'].map((role) =>
    iam(account, `policy/prover-cluster-${account}-${role}-boundary`),
  );
  const onRoles = [
    'iam:AttachRolePolicy',
    'iam:CreateRole',
    'iam:DeleteRolePermissionsBoundary',
    'iam:PutRolePermissionsBoundary',
    'iam:PutRolePolicy',
    'iam:UpdateAssumeRolePolicy',
  ];
  return (
    onRoles.some((action) =>
      [manager, `prover-cluster-${account}-storage-keys-role`, `prover-cluster-${account}-new-role`].some((name) =>
        [undefined, ...boundaries].some((boundary) =>
          may(who, action, iam(account, `role/${name}`), {
            context: boundary === undefined ? {} : { 'iam:PermissionsBoundary': boundary },
          }),
        ),
      ),
    ) ||
    boundaries.some((policy) => may(who, 'iam:CreatePolicyVersion', policy)) ||
    ['iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile'].some((action) =>
      may(who, action, iam(account, `instance-profile/${manager}`)),
    ) ||
    ['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration', 'lambda:InvokeFunction'].some((action) =>
      may(who, action, arn('lambda', account, 'function:prover-cluster-storage-keys')),
    ) ||
    ['secretsmanager:PutResourcePolicy', 'secretsmanager:DeleteResourcePolicy'].some((action) =>
      mayOnSecret(who, action, account, 'wallet-key'),
    ) ||
    ['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:RetireGrant'].some((action) => mayOnClusterKey(who, action, account))
  );
};

const builderProfile = iam('ops', 'instance-profile/packer-builder');
const foreign = { 'ec2:InstanceProfile': iam('ops', 'instance-profile/other') };
const asPacker = { 'aws:RequestTag/ManagedBy': 'packer', 'aws:TagKeys': 'ManagedBy' };
const build = () => principal('ops', 'packer-build-role');

/** Services of the manager that run code of upstream, with the broker, and what their units have. */
const unit = (name: string) => readFileSync(`service_files/${name}.service`, 'utf8');
const userOf = (name: string) => /^User=(.*)$/m.exec(unit(name))?.[1];
const others = ['bento-api', 'bento-aux', 'bento-executor@'];

/** One way: whether it leads there. */
export const attacks: Readonly<Record<string, () => boolean>> = {
  'a pull request -> any account': () =>
    resourcesOf(stackNamed('ops'), 'aws_codebuild_webhook').length > 0 ||
    resourcesOf(stackNamed('ops'), 'aws_codepipeline').some((one) => JSON.stringify(one).includes('pull_request')),

  'a commit on main -> what images hold': () =>
    actionsOf('packer-pipeline').some(({ configuration: { ProjectName = '' } }) =>
      ProjectName.includes('aws_codebuild'),
    ),
  'a commit on main -> the wallet of staging': () =>
    !isApprovedBefore('prover-cluster-staging', 'Deploy') && launchesManager('staging'),
  'a commit on main -> the wallet of production, without an approval': () =>
    !isApprovedBefore('prover-cluster-production', 'Deploy'),

  'a builder instance -> images, roles and secrets': () => {
    const who = principal('ops', 'packer-builder-role');
    const calls = who.statements.flatMap(({ Action }) => listOf(Action));
    return (
      calls.some((action) => !/^(ssm|ssmmessages|ec2messages):/.test(action)) ||
      clusters.some((account) => mayTake(who, account, 'packer-ami-publisher-role'))
    );
  },
  'the build role -> who an image is shared with': () =>
    may(build(), 'ec2:ModifyImageAttribute', 'arn:aws:ec2:us-west-2::image/ami-1', {
      context: { 'ec2:Owner': accounts.ops, 'aws:ResourceTag/ManagedBy': 'packer' },
    }),
  'the build role -> an instance that is not a builder': () => {
    const resource = arn('ec2', 'ops', 'instance/i-1');
    const tags = may(build(), 'ec2:CreateTags', resource, { context: { ...asPacker, ...foreign } });
    const tagged = { 'aws:ResourceTag/ManagedBy': 'packer', 'ssm:resourceTag/ManagedBy': 'packer', ...foreign };
    const acts = ['ec2:TerminateInstances', 'ec2:StopInstances', 'ec2:CreateImage'].some((action) =>
      may(build(), action, resource, { context: tagged }),
    );
    return acts || (tags && may(build(), 'ssm:StartSession', resource, { context: tagged }));
  },
  'the build role -> instances of any type': () =>
    may(build(), 'ec2:RunInstances', arn('ec2', 'ops', 'instance/*'), {
      context: { 'ec2:InstanceType': 'p5.48xlarge', 'ec2:InstanceProfile': builderProfile },
    }),
  'the build role -> a service account': () =>
    takenFrom(build()).some(({ arn: role }) => !role.startsWith(iam('ops', ''))),

  'the sharing Lambda -> image pointers of every account': () =>
    clusters.every((account) =>
      mayTake(principal('ops', 'packer-ami-sharing-role'), account, 'packer-ami-publisher-role'),
    ) &&
    may(
      principal('production', 'packer-ami-publisher-role'),
      'ssm:PutParameter',
      arn('ssm', 'production', 'parameter/boundless/ami/manager/latest'),
    ),
  'the sharing Lambda -> a wallet': () =>
    takenFrom(principal('ops', 'packer-ami-sharing-role')).some((who) =>
      ofEither((account) => readsWallet(who, account)),
    ),

  'the plan role -> a change, or a secret': () =>
    ofEither((account) => {
      const who = principal(account, 'boundless-plan-role');
      const calls = who.statements
        .filter(({ Effect, Sid }) => Effect === 'Allow' && Sid !== 'StateLock')
        .flatMap(({ Action }) => listOf(Action));
      return (
        calls.some((action) => !/:(Describe|Get|List)/.test(action)) ||
        mayOnSecret(who, 'secretsmanager:GetSecretValue', account, 'wallet-key')
      );
    }),
  "the plan's build -> the source of its run": () =>
    ['prover-cluster-produ/source/abcdefg.zip', 'prover-cluster-produ/source/abcdefg'].some((key) =>
      may(
        principal('ops', 'prover-cluster-production-plan-role'),
        's3:PutObject',
        `arn:aws:s3:::prover-cluster-production-artifacts-111111111111/${key}`,
        { context: { 'aws:ResourceAccount': accounts.ops } },
      ),
    ),
  "the plan's build -> the code of the deployment, by a replaced source": () => {
    const project = resourceWith(
      stackNamed('ops'),
      'aws_codebuild_project',
      'name',
      'prover-cluster-production-deployment',
    );
    const { buildspec } = project['source'] as { buildspec: string };
    const refuses = buildspec.indexOf('test "$SOURCE_VERSIONS" = 1');
    const bucket = 'arn:aws:s3:::prover-cluster-production-artifacts-111111111111';
    const hides = ['s3:DeleteObjectVersion', 's3:PutBucketVersioning', 's3:PutLifecycleConfiguration'];
    return (
      refuses < 0 ||
      refuses > buildspec.indexOf('install-tools') ||
      rolesOf('ops').some((who) =>
        hides.some((action) =>
          [bucket, `${bucket}/prover-cluster-produ/source/abcdefg.zip`].some((resource) =>
            may(who, action, resource, { context: { 'aws:ResourceAccount': accounts.ops } }),
          ),
        ),
      )
    );
  },
  "the plan's build -> the deployment role": () =>
    ofEither((account) =>
      mayTake(principal('ops', 'prover-cluster-production-plan-role'), account, 'boundless-deployment-role'),
    ),

  'the deployment role -> the wallet key, by IAM': () =>
    ofEither(
      (account) => takenFrom(deployment(account)).some((who) => readsWallet(who, account)) || widensIam(account),
    ),
  'the deployment role -> the wallet key, by an instance': () => ofEither(launchesManager),
  'the deployment role -> what the broker spends of the wallet': () =>
    ofEither((account) =>
      ['settings', 'broker', 'broker-configuration'].every((name) =>
        may(
          deployment(account),
          'ssm:PutParameter',
          arn('ssm', account, `parameter/boundless/${account}/prover-cluster/${name}`),
        ),
      ),
    ),
  'the deployment role -> a command of its choice on a manager': () =>
    ofEither((account) => {
      const smoke = arn('ssm', account, `document/prover-cluster-${account}-smoke`);
      const manager = arn('ec2', account, 'instance/i-1');
      const context = { 'ssm:resourceTag/Stack': `prover-cluster-${account}`, 'ssm:resourceTag/Role': 'manager' };
      const sends = (document: string) =>
        may(deployment(account), 'ssm:SendCommand', document) &&
        may(deployment(account), 'ssm:SendCommand', manager, { context });
      const documents = resourcesOf(stackNamed(account), 'aws_ssm_document');
      const changes = ['CreateDocument', 'UpdateDocument', 'UpdateDocumentDefaultVersion', 'DeleteDocument'];
      const others = ['StartSession', 'CreateAssociation', 'StartAutomationExecution'];
      // Production's smoke test is sent by people.
      expect([account, sends(smoke)]).toEqual([account, account === 'staging']);
      return (
        documents.length !== 1 ||
        documents.some(({ content }) => String(content).includes('"parameters"')) ||
        sends('arn:aws:ssm:us-west-2::document/AWS-RunShellScript') ||
        sends(arn('ssm', account, 'document/other')) ||
        changes.some((action) => may(deployment(account), `ssm:${action}`, smoke)) ||
        others.some((action) =>
          [manager, smoke].some((resource) => may(deployment(account), `ssm:${action}`, resource, { context })),
        )
      );
    }),
  'the deployment role -> an instance of another image': () =>
    ofEither((account) =>
      may(deployment(account), 'ec2:RunInstances', 'arn:aws:ec2:us-west-2::image/ami-1', {
        context: { 'ec2:LaunchTemplate': arn('ec2', account, 'launch-template/lt-1'), 'ec2:Owner': accounts[account] },
      }),
    ),
  'the deployment role -> overwriting or deleting the wallet key': () =>
    ofEither((account) =>
      [
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecret',
        'secretsmanager:UpdateSecretVersionStage',
        'secretsmanager:DeleteSecret',
      ].some((action) => mayOnSecret(deployment(account), action, account, 'wallet-key')),
    ),
  "the deployment role -> deletion of the cluster's key": () =>
    ofEither((account) =>
      ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteAlias'].some((action) =>
        mayOnClusterKey(deployment(account), action, account),
      ),
    ),
  'the deployment role -> its own rights': () =>
    ofEither((account) =>
      [
        'iam:PutRolePolicy',
        'iam:AttachRolePolicy',
        'iam:DeleteRolePermissionsBoundary',
        'iam:CreatePolicyVersion',
      ].some((action) =>
        ['role/boundless-deployment-role', 'policy/boundless-deployment-network'].some((resource) =>
          may(deployment(account), action, iam(account, resource)),
        ),
      ),
    ),
  'the deployment role -> networks and templates of others': () =>
    ofEither((account) =>
      ['vpc', 'subnet', 'security-group', 'launch-template', 'route-table', 'volume', 'instance'].some((type) =>
        may(deployment(account), 'ec2:CreateTags', arn('ec2', account, `${type}/x`), {
          context: { 'aws:RequestTag/Stack': `prover-cluster-${account}`, 'aws:TagKeys': 'Stack' },
        }),
      ),
    ),
  "the deployment role -> who reads the cluster's storage": () =>
    ofEither((account) =>
      ['s3:PutBucketPolicy', 's3:PutBucketPublicAccessBlock', 's3:PutBucketAcl', 's3:DeleteBucketPolicy'].some(
        (action) =>
          may(deployment(account), action, `arn:aws:s3:::prover-cluster-${account}-${accounts[account]}-us-west-2`),
      ),
    ),
  'the deployment role -> ops, or another service account': () =>
    ofEither((account) => takenFrom(deployment(account)).some(({ arn: role }) => !role.startsWith(iam(account, '')))),

  'a prover -> the wallet key': () =>
    ofEither((account) => takenFrom(instance(account, 'prover')).some((who) => readsWallet(who, account))),
  'a prover -> the size of its group, by a metric': () =>
    ofEither((account) =>
      may(instance(account, 'prover'), 'cloudwatch:PutMetricData', '*', {
        context: { 'cloudwatch:namespace': 'BoundlessProverCluster' },
      }),
    ),
  "a service of the manager other than the broker -> the manager's role": () =>
    others.some((name) => !/^IPAddressDeny=.*\b169\.254\.169\.254\b/m.test(unit(name))),
  "a service of the manager other than the broker -> the broker's environment": () =>
    others.some((name) => userOf(name) === undefined || userOf(name) === userOf('bento-broker')),

  'a manager -> its data volume, on another instance of the cluster': () =>
    ofEither((account) =>
      may(instance(account, 'manager'), 'ec2:AttachVolume', arn('ec2', account, 'instance/i-1'), {
        context: { 'aws:ResourceTag/Stack': `prover-cluster-${account}` },
      }),
    ),

  'an administrator of staging -> production': () =>
    takenFrom(administrator('staging')).some(({ arn: role }) => role.startsWith(iam('production', ''))),
  'an administrator of staging -> ops': () =>
    takenFrom(administrator('staging')).some(({ arn: role }) => role.startsWith(iam('ops', ''))),
  'an administrator of staging -> which images production plans with': () =>
    may(
      administrator('staging'),
      'ssm:PutParameter',
      arn('ssm', 'staging', 'parameter/boundless/ami/validated-images'),
    ),
  'an administrator who is not in administratorRoles -> the wallet key, without changing its policy': () =>
    ofEither((account) =>
      ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'].some((action) =>
        mayOnSecret(administrator(account), action, account, 'wallet-key'),
      ),
    ),

  'an approver -> another plan than the one that was read': () =>
    !actionsOf('prover-cluster-production').some(
      ({ name, configuration: { EnvironmentVariables = '' } }) =>
        name === 'Deploy' && EnvironmentVariables.includes('#{Plan.PLAN_SHA256}'),
    ),
  'any role of this design -> a build of a pipeline without its pipeline': () => {
    const changes = ['RetryBuild', 'StartBuildBatch', 'RetryBuildBatch', 'UpdateProject', 'CreateProject'];
    const everyRole = [...rolesOf('ops'), ...clusters.flatMap(rolesOf)];
    return resourcesOf(stackNamed('ops'), 'aws_codebuild_project').some(({ name }) => {
      const project = arn('codebuild', 'ops', `project/${String(name)}`);
      // CodePipeline acts through the role of the pipeline, which no person and no build can take.
      const pipeline = `${String(name).replace(/-(plan|deployment)$|-build-project$/, '')}-pipeline-role`;
      return everyRole.some(
        (who) =>
          changes.some((action) => may(who, `codebuild:${action}`, project)) ||
          (!who.arn.endsWith(`:role/${pipeline}`) && may(who, 'codebuild:StartBuild', project)) ||
          mayTake(who, 'ops', pipeline),
      );
    });
  },
};
