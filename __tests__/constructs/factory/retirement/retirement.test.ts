import { factory } from '../../../../config';
import { settingsFrom } from '../../../../lambda/packer-ami-cleanup/settings';
import { referenced } from '../../../support/pipelines';
import { resourcesOf, resourceWith, stackOf, synthesize } from '../../../support/synthesized';

const { ops: opsConfig } = factory;
const withRetirement = (changes: Partial<typeof opsConfig.retirement>) => {
  const ops = { ...opsConfig, retirement: { ...opsConfig.retirement, ...changes } };
  return stackOf(synthesize({ factory: { ...factory, ops } }), 'ops');
};
const ops = stackOf(synthesize(), 'ops');
const reports = 'boundless-retirement-reports-111111111111-us-west-2';

describe('the cleanup Lambda', () => {
  const lambda = resourceWith(ops, 'aws_lambda_function', 'function_name', 'packer-ami-cleanup');

  test('reads the settings that the stack gives it', () => {
    const { variables } = lambda['environment'] as { variables: Record<string, string> };
    const bucket = referenced(ops, variables['REPORT_BUCKET']).args['bucket'];
    expect(bucket).toBe(reports);
    const { dryRun, recycleBinDays, templateVersions, leftoverHours, ...rules } = opsConfig.retirement;
    expect(settingsFrom({ ...variables, REPORT_BUCKET: reports })).toEqual({
      opsAccountId: '111111111111',
      serviceAccountIds: ['222222222222', '333333333333'],
      reportBucket: reports,
      rules,
      templateVersions,
      leftoverHours,
      snapshotUsdPerGiBMonth: 0.05,
    });
    expect([dryRun, recycleBinDays]).toEqual([false, null]);
  });

  test('runs once a day, and only reports where the configuration has it so', () => {
    const inputOf = (stack: typeof ops) =>
      resourcesOf(stack, 'aws_cloudwatch_event_target').find(({ rule }) =>
        String(rule).includes('rule.Retirement_Rule'),
      )?.['input'];
    expect(resourceWith(ops, 'aws_cloudwatch_event_rule', 'name', 'packer-ami-cleanup')).toMatchObject({
      schedule_expression: 'rate(1 day)',
    });
    expect(
      [ops, withRetirement({ dryRun: true })].map((stack) => JSON.parse(String(inputOf(stack))) as unknown),
    ).toEqual([
      { command: 'retire', dryRun: false },
      { command: 'retire', dryRun: true },
    ]);
  });

  test('writes its reports into a bucket that keeps them for a year', () => {
    const bucket = resourcesOf(ops, 'aws_s3_bucket_lifecycle_configuration').find(
      (one) => referenced(ops, one['bucket']).args['bucket'] === reports,
    );
    expect(bucket?.['rule']).toMatchObject([{ expiration: [{ days: 365 }] }, {}]);
  });

  test('takes over the alarm that was another construct of the stack', () => {
    expect(ops).toMatchObject({
      moved: expect.arrayContaining([
        {
          from: 'aws_cloudwatch_metric_alarm.Monitoring_Alarms_CleanupFailures_28F4E12F',
          to: expect.stringMatching(/^aws_cloudwatch_metric_alarm\.Retirement_Alarms_Failures_/) as string,
        },
      ]) as unknown,
    });
  });
});

test('the Recycle Bin keeps images and snapshots of the factory where it is asked for', () => {
  expect(resourcesOf(ops, 'aws_rbin_rule')).toEqual([]);
  const common = {
    resource_tags: [{ resource_tag_key: 'Project', resource_tag_value: 'boundless-ami-factory' }],
    retention_period: { retention_period_unit: 'DAYS', retention_period_value: 7 },
  };
  expect(resourcesOf(withRetirement({ recycleBinDays: 7 }), 'aws_rbin_rule')).toMatchObject([
    { resource_type: 'EC2_IMAGE', ...common },
    { resource_type: 'EBS_SNAPSHOT', ...common },
  ]);
});
