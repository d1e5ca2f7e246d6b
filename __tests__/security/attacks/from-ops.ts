import { listOf } from '../../support/policies';
import { resourcesOf, resourceWith } from '../../support/synthesized';
import { accounts, may, mayOnSecret, mayTake, principal, rolesOf, stackNamed, takenFrom } from '../world';
import { clusters, arn, iam, ofEither, readsWallet, actionsOf, isApprovedBefore, launchesManager } from './shared';

const builderProfile = iam('ops', 'instance-profile/packer-builder');
const foreign = { 'ec2:InstanceProfile': iam('ops', 'instance-profile/other') };
const asPacker = { 'aws:RequestTag/ManagedBy': 'packer', 'aws:TagKeys': 'ManagedBy' };
const build = () => principal('ops', 'packer-build-role');
const cleanup = () => principal('ops', 'packer-ami-cleanup-role');
const ofThisFactory = {
  'aws:ResourceTag/Project': 'boundless-ami-factory',
  'aws:ResourceTag/ManagedBy': 'packer',
};
/** A resource that the action is about. */
const ofAction = (action: string) => {
  if (action.endsWith('Instances')) return arn('ec2', 'ops', 'instance/i-1');
  return `arn:aws:ec2:us-west-2::${action.endsWith('Snapshot') ? 'snapshot/snap' : 'image/ami'}-1`;
};

/** From ops: what pipelines, builds and the sharing Lambda reach. */
export const fromOps: Readonly<Record<string, () => boolean>> = {
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

  'the sharing Lambda -> the end of an image': () =>
    ['ec2:DisableImage', 'ec2:DeregisterImage', 'ec2:DeleteSnapshot'].some((action) =>
      may(principal('ops', 'packer-ami-sharing-role'), action, ofAction(action), { context: ofThisFactory }),
    ),

  'the cleanup Lambda -> who an image is shared with': () => {
    const context = { ...ofThisFactory, 'ec2:Owner': accounts.ops, 'ec2:Public': 'true' };
    return may(cleanup(), 'ec2:ModifyImageAttribute', ofAction('ec2:DisableImage'), { context });
  },

  'the cleanup Lambda -> images, snapshots and instances that this factory did not make': () => {
    const others = { 'aws:ResourceTag/Project': 'other', 'aws:ResourceTag/ManagedBy': 'packer' };
    const TagKeys = { 'aws:TagKeys': 'Project', 'aws:RequestTag/Project': 'boundless-ami-factory' };
    return (
      ['ec2:DisableImage', 'ec2:DeregisterImage', 'ec2:DeleteSnapshot', 'ec2:TerminateInstances'].some(
        (action) =>
          may(cleanup(), action, ofAction(action)) || may(cleanup(), action, ofAction(action), { context: others }),
      ) || may(cleanup(), 'ec2:CreateTags', ofAction('ec2:DisableImage'), { context: { ...others, ...TagKeys } })
    );
  },

  'the cleanup Lambda -> the end of an image that is in use': () =>
    may(cleanup(), 'ec2:DeregisterImage', ofAction('ec2:DeregisterImage'), { context: ofThisFactory }),

  'the cleanup Lambda -> a change, or a secret, in a service account': () => {
    const [, ...reached] = takenFrom(cleanup());
    if (reached.length !== clusters.length) return true;
    const calls = reached.flatMap(({ statements }) => statements.flatMap(({ Action }) => listOf(Action)));
    return (
      calls.some((action) => !/:(Describe|Get)/.test(action) || /Secret|Decrypt/.test(action)) ||
      reached.some((who) => ofEither((account) => readsWallet(who, account)))
    );
  },

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
