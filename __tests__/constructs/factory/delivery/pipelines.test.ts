import { readFileSync } from 'node:fs';
import type { FactoryConfig } from '../../../../config';
import { factory } from '../../../../config';
import { withEverything, withMoreAccounts } from '../../../support/factories';
import { pipelineNamed, pipelinesOf, projectOf, readable, referenced, variablesOf } from '../../../support/pipelines';
import { allResources, resourceWith, resourcesOf, stackOf, synthesize } from '../../../support/synthesized';
import { listOf, policiesOf } from '../../../support/policies';

const everything = withEverything();
const opsOf = (config: FactoryConfig) => stackOf(synthesize({ factory: config }), 'ops');
const ops = opsOf(everything);

const largerOps = opsOf(withMoreAccounts());

const stacksWithPipelines = [
  ['three accounts', ops],
  ['five accounts', largerOps],
] as const;

test('there is a pipeline for the images, and one for each environment', () => {
  const names = (stack: typeof ops) =>
    pipelinesOf(stack)
      .map(({ name }) => name)
      .sort();
  const three = ['packer-pipeline', 'prover-cluster-production', 'prover-cluster-staging'];
  expect(names(ops)).toEqual(three);
  expect(names(largerOps)).toEqual([...three, 'prover-cluster-production-two', 'prover-cluster-staging-two'].sort());
});

describe.each(stacksWithPipelines)('every pipeline, with %s', (_, stack) => {
  const pipelines = pipelinesOf(stack).map((pipeline) => [pipeline.name, pipeline] as const);

  test.each(pipelines)('%s: what a stage uses was made in a stage before it', (name, { stage }) => {
    const artifacts = new Set<string>();
    for (const { action: actions } of stage) {
      for (const action of actions)
        for (const input of action.input_artifacts ?? [])
          expect([name, action.name, input, artifacts.has(input)]).toEqual([name, action.name, input, true]);
      for (const output of actions.flatMap(({ output_artifacts = [] }) => output_artifacts)) {
        expect(artifacts).not.toContain(output);
        artifacts.add(output);
      }
    }
  });

  test.each(pipelines)(
    '%s: what a stage refers to was outputs in a stage before it',
    (_name, { stage, variable = [] }) => {
      const outputs = new Set(['variables']);
      for (const { action: actions } of stage) {
        for (const [, namespace = '', name = ''] of JSON.stringify(actions).matchAll(/#\{(\w+)\.(\w+)\}/g)) {
          expect(outputs).toContain(namespace);
          if (namespace === 'variables') expect(variable.map((one) => one.name)).toContain(name);
        }
        const namespaces = actions.flatMap(({ namespace = [] }) => namespace);
        expect(new Set(namespaces).size).toBe(namespaces.length);
        for (const namespace of namespaces) {
          expect(outputs).not.toContain(namespace);
          outputs.add(namespace);
        }
      }
    },
  );

  test.each(pipelines)('%s: its projects, roles, bucket and key exist', (name, pipeline) => {
    expect(pipeline.pipeline_type).toBe('V2');
    expect(referenced(stack, pipeline.role_arn)).toMatchObject({ type: 'aws_iam_role' });
    const [store] = pipeline.artifact_store;
    expect(readable(stack, store!.location)).toBe(`${name}-artifacts-111111111111.bucket`);
    expect(referenced(stack, store!.encryption_key.id).type).toBe('aws_kms_key');
    for (const action of pipeline.stage.flatMap((one) => one.action)) {
      if (action.provider === 'CodeBuild') {
        const project = projectOf(stack, action);
        expect(referenced(stack, project['service_role']).type).toBe('aws_iam_role');
        const { buildspec } = project['source'] as { buildspec: string };
        expect(buildspec).toMatch(
          /^((packer\/buildspec|tools\/delivery\/buildspecs\/(deployment|plan))\.yml$|# Applies the approved plan)/,
        );
        // CodeBuild encrypts its artifacts with the project's own key, whatever key the pipeline has.
        expect(project['encryption_key']).toBe(store!.encryption_key.id);
      } else expect(['CodeStarSourceConnection', 'Manual']).toContain(action.provider);
    }
  });

  test.each(pipelines)('%s: no role is shared', (name, pipeline) => {
    const users = [
      ...pipelinesOf(stack).map(({ role_arn, name: user }) => [user, role_arn] as const),
      ...resourcesOf(stack, 'aws_codebuild_project').map(
        ({ name: user, service_role }) => [String(user), service_role] as const,
      ),
    ];
    const own = users.filter(([, role]) => role === pipeline.role_arn);
    expect(own.map(([user]) => user)).toEqual([name]);
    expect(new Set(users.map(([, role]) => role)).size).toBe(users.length);
  });

  test.each(pipelines)(
    '%s: takes its source from the one connection, and starts at no push by itself',
    (_name, one) => {
      const [source] = one.stage[0]!.action;
      expect(source).toMatchObject({
        category: 'Source',
        output_artifacts: ['source'],
        configuration: {
          ConnectionArn: everything.ops.repository.connectionArn,
          FullRepositoryId: 'boundless-xyz/ami-factory',
          BranchName: 'main',
          DetectChanges: 'false',
        },
      });
    },
  );

  test.each(pipelines)('%s: does not run before its role and its bucket are ready', (_name, one) => {
    const { depends_on: ready } = one as unknown as { depends_on: readonly string[] };
    for (const type of [
      'aws_iam_role_policy',
      'aws_s3_bucket_policy',
      'aws_s3_bucket_public_access_block',
      'aws_s3_bucket_server_side_encryption_configuration',
      'aws_s3_bucket_versioning',
    ])
      expect(ready.filter((address) => address.startsWith(`${type}.`))).toHaveLength(1);
  });
});

describe('packer-pipeline', () => {
  const pipeline = pipelineNamed(ops, 'packer-pipeline');
  const builds = pipeline.stage[1]!.action;

  test('bakes every image side by side, each known by its name', () => {
    expect(pipeline.stage.map(({ name }) => name)).toEqual(['Source', 'Build']);
    expect(
      builds.map((action) => [action.name, action.namespace, action.output_artifacts, variablesOf(action)]),
    ).toEqual(['manager', 'prover', 'bento'].map((image) => [image, image, [image], { IMAGE: image }]));
    for (const action of builds) {
      expect(projectOf(ops, action)['name']).toBe('packer-build-project');
      expect(action).not.toHaveProperty('run_order');
    }
  });

  test('drops a waiting run for a newer one', () => {
    expect(pipeline.execution_mode).toBe('SUPERSEDED');
  });

  test('builds get the modes of files, which the hash of the inputs knows', () => {
    expect(pipeline.stage[0]!.action[0]!.configuration['OutputArtifactFormat']).toBe('CODEBUILD_CLONE_REF');
  });

  test('the project can still be started by hand', () => {
    const project = resourceWith(ops, 'aws_codebuild_project', 'name', 'packer-build-project');
    expect(project).toMatchObject({ source: { type: 'GITHUB' }, artifacts: { type: 'NO_ARTIFACTS' } });
    expect(project).not.toHaveProperty('concurrent_build_limit');
  });

  test('the buildspec exports the image and its id', () => {
    expect(readFileSync('packer/buildspec.yml', 'utf8')).toMatch(/exported-variables: \[AMI_ID, IMAGE,/);
  });
});

const images = (pointer: string) => [
  expect.objectContaining({ name: 'MANAGER_IMAGE_ID', default_value: pointer }) as unknown,
  expect.objectContaining({ name: 'PROVER_IMAGE_ID', default_value: pointer }) as unknown,
];
const handedOver = {
  MANAGER_IMAGE_ID: '#{variables.MANAGER_IMAGE_ID}',
  PROVER_IMAGE_ID: '#{variables.PROVER_IMAGE_ID}',
};

test.each([
  ['staging', ops],
  ['staging', largerOps],
  ['staging-two', largerOps],
])('prover-cluster-%s deploys the latest images, or those that were named', (environment, stack) => {
  const pipeline = pipelineNamed(stack, `prover-cluster-${environment}`);
  expect(pipeline.stage.map(({ name }) => name)).toEqual(['Source', 'Deploy']);
  expect(pipeline.variable).toEqual(images('latest'));
  expect(pipeline).not.toHaveProperty('trigger');
  expect(pipeline.execution_mode).toBe('QUEUED');
  const [deploy] = pipeline.stage[1]!.action;
  expect(variablesOf(deploy!)).toEqual(handedOver);
  expect(projectOf(stack, deploy!)).toMatchObject({
    name: `prover-cluster-${environment}-deployment`,
    source: { type: 'CODEPIPELINE', buildspec: 'tools/delivery/buildspecs/deployment.yml' },
  });
});

describe.each([
  ['production', '333333333333', ops],
  ['production', '333333333333', largerOps],
  ['production-two', '555555555555', largerOps],
])('prover-cluster-%s', (environment, account, stack) => {
  const pipeline = pipelineNamed(stack, `prover-cluster-${environment}`);
  const [, plan, approve, deploy] = pipeline.stage;

  test('plans, asks, and applies that plan', () => {
    expect(pipeline.stage.map(({ name, action }) => [name, action.length])).toEqual([
      ['Source', 1],
      ['Plan', 1],
      ['Approve', 1],
      ['Deploy', 1],
    ]);
    expect(pipeline.variable).toEqual(images('validated'));
    expect(plan?.action[0]).toMatchObject({ namespace: 'Plan', output_artifacts: ['plan'] });
    expect(variablesOf(plan!.action[0]!)).toEqual(handedOver);
    expect(projectOf(stack, plan!.action[0]!)).toMatchObject({
      name: `prover-cluster-${environment}-plan`,
      source: { type: 'CODEPIPELINE', buildspec: 'tools/delivery/buildspecs/plan.yml' },
    });
    expect(approve?.action[0]).toMatchObject({
      category: 'Approval',
      timeout_in_minutes: 1440,
      configuration: {
        CustomData: '#{Plan.HEADLINE}',
        ExternalEntityLink: '#{Plan.SUMMARY_LINK}',
      },
    });
    expect(deploy?.action[0]).toMatchObject({
      input_artifacts: ['source', 'plan'],
      configuration: { PrimarySource: 'source' },
    });
    expect(variablesOf(deploy!.action[0]!)).toEqual({ PLAN_SHA256: '#{Plan.PLAN_SHA256}' });
    expect(projectOf(stack, deploy!.action[0]!)).toMatchObject({
      name: `prover-cluster-${environment}-deployment`,
      // Its own: a source that was replaced does not decide what is run.
      source: {
        type: 'CODEPIPELINE',
        buildspec: readFileSync('tools/delivery/buildspecs/apply.yml', 'utf8').replaceAll('${', () => '$${'),
      },
    });
  });

  test('keeps the order of runs, and drops none for another', () => {
    expect(pipeline.execution_mode).toBe('QUEUED');
  });

  test('starts when a person starts it', () => {
    expect(pipeline).not.toHaveProperty('trigger');
    const starters = allResources(stack).filter(
      ({ type, args }) => type.startsWith('aws_scheduler_') && args['name'] === `prover-cluster-${environment}`,
    );
    expect(starters).toEqual([]);
  });

  test('is deployed behind the approval, and by no other way', () => {
    const deploymentRole = `arn:aws:iam::${account}:role/boundless-deployment-role`;
    const statements = policiesOf(stack)
      .filter(({ kind }) => kind === 'identity')
      .flatMap(({ owner, statements: all }) => all.map((statement) => ({ owner, statement })));
    const with_ = (action: string, resource: RegExp | string) =>
      statements
        .filter(({ statement }) => listOf(statement.Action).includes(action))
        .filter(({ statement }) =>
          listOf(statement.Resource).some((one) => {
            const text = one.startsWith('${') ? readable(stack, one) : one;
            return typeof resource === 'string' ? text === resource : resource.test(text);
          }),
        )
        .map(({ owner }) => owner);
    // Only this project can take the role, only this pipeline starts the project, and its source is a pipeline's.
    expect(with_('sts:AssumeRole', deploymentRole)).toEqual([`ops/prover-cluster-${environment}-deployment-role`]);
    const project = `prover-cluster-${environment}-deployment.arn`;
    expect(with_('codebuild:StartBuild', project)).toEqual([`ops/prover-cluster-${environment}-pipeline-role`]);
    expect(
      pipelinesOf(stack).flatMap(({ name, stage }) =>
        stage.flatMap((one, index) =>
          one.action
            .filter(({ provider }) => provider === 'CodeBuild')
            .filter((action) => `${String(projectOf(stack, action)['name'])}.arn` === project)
            .map(() => [
              name,
              stage.slice(0, index).some(({ action }) => action.every((a) => a.provider === 'Manual')),
            ]),
        ),
      ),
    ).toEqual([[`prover-cluster-${environment}`, true]]);
  });
});

test('builds of clusters have no right to the connection, and get the files', () => {
  for (const { name, stage } of pipelinesOf(largerOps).filter((one) => one.name !== 'packer-pipeline'))
    expect([name, stage[0]!.action[0]!.configuration['OutputArtifactFormat']]).toEqual([name, 'CODE_ZIP']);
});

test('without a connection there are no pipelines, and builds have no right to artifacts', () => {
  const without = opsOf(factory);
  const types = new Set(allResources(without).map(({ type }) => type));
  for (const type of ['aws_codepipeline', 'aws_scheduler_schedule']) expect(types).not.toContain(type);
  expect(resourcesOf(without, 'aws_codebuild_project').map(({ name }) => name)).toEqual(['packer-build-project']);
  expect(JSON.stringify(without.resource)).not.toContain('-artifacts-');
});
