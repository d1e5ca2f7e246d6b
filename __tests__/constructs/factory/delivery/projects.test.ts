import type { FactoryConfig } from '../../../../config';
import { withEverything, withMoreAccounts } from '../../../support/factories';
import { pipelinesOf, readable, referenced } from '../../../support/pipelines';
import { allResources, resourceWith, resourcesOf, stackOf, synthesize } from '../../../support/synthesized';

const everything = withEverything();
const opsOf = (config: FactoryConfig) => stackOf(synthesize({ factory: config }), 'ops');
const ops = opsOf(everything);
const largerOps = opsOf(withMoreAccounts());

describe('projects of clusters', () => {
  const projects = resourcesOf(largerOps, 'aws_codebuild_project').filter(
    ({ name }) => name !== 'packer-build-project',
  );
  const plain = (variables: Record<string, string>) =>
    Object.entries(variables).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' }));

  test('know their environment and its account, and plans where images are validated', () => {
    // The smoke test of staging takes its part.
    const limits = (rollout: number) => ({ PLAN_MAX_AGE_HOURS: '26', ROLLOUT_MINUTES: String(rollout) });
    const validating = { PROVING_ENVIRONMENT: 'staging', PROVING_ACCOUNT_ID: '222222222222' };
    const of = (ENVIRONMENT: string, SERVICE_ACCOUNT_ID: string) => ({ ENVIRONMENT, SERVICE_ACCOUNT_ID });
    expect(
      Object.fromEntries(
        projects.map(({ name, environment }) => [
          name,
          (environment as { environment_variable: unknown }).environment_variable,
        ]),
      ),
    ).toEqual({
      'prover-cluster-staging-deployment': plain({ ...of('staging', '222222222222'), ...limits(225) }),
      'prover-cluster-staging-two-deployment': plain({ ...of('staging-two', '444444444444'), ...limits(225) }),
      'prover-cluster-production-plan': plain({ ...of('production', '333333333333'), ...validating }),
      'prover-cluster-production-deployment': plain({ ...of('production', '333333333333'), ...limits(270) }),
      'prover-cluster-production-two-plan': plain({ ...of('production-two', '555555555555'), ...validating }),
      'prover-cluster-production-two-deployment': plain({ ...of('production-two', '555555555555'), ...limits(270) }),
    });
  });

  test('are plain instances, one at a time, that end, with logs that are encrypted and forgotten', () => {
    for (const project of projects) {
      expect(project).toMatchObject({
        concurrent_build_limit: 1,
        build_timeout: String(project['name']).endsWith('-plan') ? 30 : 300,
        queued_timeout: 480,
        environment: { privileged_mode: false },
        artifacts: { type: 'CODEPIPELINE' },
      });
      const { cloudwatch_logs: logs } = project['logs_config'] as { cloudwatch_logs: { group_name: string } };
      expect(referenced(largerOps, logs.group_name).args).toMatchObject({
        name: `/aws/codebuild/${String(project['name'])}`,
        retention_in_days: 90,
        kms_key_id: expect.stringMatching(/aws_kms_key\.OperationsKey/) as string,
      });
    }
  });
});

describe('artifacts', () => {
  const buckets = resourcesOf(largerOps, 'aws_s3_bucket').filter(({ bucket }) =>
    String(bucket).includes('-artifacts-'),
  );

  test('lie in a bucket for each pipeline, with a name that S3 takes', () => {
    expect(buckets.map(({ bucket }) => bucket).sort()).toEqual(
      pipelinesOf(largerOps)
        .map(({ name }) => `${name}-artifacts-111111111111`)
        .sort(),
    );
    for (const { bucket } of buckets) expect(String(bucket).length).toBeLessThanOrEqual(63);
    expect(`prover-cluster-${'e'.repeat(20)}-artifacts-111111111111`.length).toBeLessThanOrEqual(63);
  });

  test.each(buckets.map(({ bucket }) => [String(bucket)]))(
    '%s is encrypted, private, versioned and forgets',
    (name) => {
      const of = (type: string) => {
        const found = resourcesOf(largerOps, type).filter(
          ({ bucket }) => referenced(largerOps, bucket).args['bucket'] === name,
        );
        expect(found).toHaveLength(1);
        return found[0]!;
      };
      expect(of('aws_s3_bucket_public_access_block')).toMatchObject({
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      });
      expect(of('aws_s3_bucket_versioning')).toMatchObject({ versioning_configuration: { status: 'Enabled' } });
      expect(of('aws_s3_bucket_ownership_controls')).toMatchObject({
        rule: { object_ownership: 'BucketOwnerEnforced' },
      });
      const [encryption] = of('aws_s3_bucket_server_side_encryption_configuration')['rule'] as {
        apply_server_side_encryption_by_default: { sse_algorithm: string; kms_master_key_id: string };
      }[];
      const { sse_algorithm, kms_master_key_id } = encryption!.apply_server_side_encryption_by_default;
      expect([sse_algorithm, referenced(largerOps, kms_master_key_id).type]).toEqual(['aws:kms', 'aws_kms_key']);
      expect(of('aws_s3_bucket_lifecycle_configuration')['rule']).toMatchObject([
        {
          status: 'Enabled',
          expiration: [{ days: 30 }],
          noncurrent_version_expiration: [{ noncurrent_days: 30 }],
          abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }],
        },
        { status: 'Enabled', expiration: [{ expired_object_delete_marker: true }] },
      ]);
      const { Statement } = JSON.parse(String(of('aws_s3_bucket_policy')['policy'])) as { Statement: unknown[] };
      expect(Statement).toEqual([
        expect.objectContaining({
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: [expect.stringMatching(/\.arn\}$/), expect.stringMatching(/\.arn\}\/\*$/)] as unknown,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]);
    },
  );
});

describe('the schedule', () => {
  test('starts the pipelines of environments that follow the latest, and fires an alarm when one does not start', () => {
    expect(
      resourcesOf(largerOps, 'aws_scheduler_schedule')
        .map((schedule) => [
          String(schedule['name']),
          schedule['schedule_expression'],
          schedule['schedule_expression_timezone'],
          readable(largerOps, (schedule['target'] as { arn: string }).arn),
          readable(largerOps, (schedule['target'] as { role_arn: string }).role_arn),
          readable(largerOps, String(schedule['group_name'])),
        ])
        .sort(),
    ).toEqual(
      ['prover-cluster-staging', 'prover-cluster-staging-two'].map((name) => [
        name,
        'cron(0 10 * * ? *)',
        'UTC',
        `${name}.arn`,
        `${name}-schedule-role.arn`,
        `${name}.name`,
      ]),
    );
    expect(
      resourceWith(ops, 'aws_cloudwatch_metric_alarm', 'alarm_name', 'prover-cluster-staging-not-started'),
    ).toMatchObject({
      namespace: 'AWS/Scheduler',
      metric_name: 'InvocationDroppedCount',
      dimensions: { ScheduleGroup: 'prover-cluster-staging' },
      alarm_actions: [expect.stringContaining('aws_sns_topic.Alarms')],
    });
  });

  test('may be left to people', () => {
    const manual = opsOf({
      ...everything,
      ops: { ...everything.ops, delivery: { ...everything.ops.delivery, schedule: null } },
    });
    expect(allResources(manual).filter(({ type }) => type.startsWith('aws_scheduler_'))).toEqual([]);
    expect(pipelinesOf(manual)).toHaveLength(3);
    expect(JSON.stringify(manual.resource)).not.toContain('schedule-role');
  });
});
