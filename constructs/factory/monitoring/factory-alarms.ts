import { Construct } from 'constructs';
import type { OpsConfig } from '../../../config';
import { codeBuildProjects, functions, imageOfRole, logGroups, instanceRoles } from '../../../config/names';
import { metricNamespace } from '../../../config/metrics';
import { Alarm, CompositeAlarm } from '../../base/alarm';

export interface FactoryAlarmsProps {
  readonly thresholds: OpsConfig['monitoring'];
  /** Topics that are notified of them. */
  readonly actions: readonly string[];
}

const build = codeBuildProjects.packer;

/** Alarms beside the functions' own. docs/monitoring.md has what to do about each. */
export class FactoryAlarms extends Construct {
  constructor(scope: Construct, id: string, { thresholds, actions }: FactoryAlarmsProps) {
    super(scope, id);
    this.addBuilds(thresholds, actions);
    this.addStaleImages(thresholds, actions);
    new Alarm(this, 'StuckApprovals', {
      name: 'prover-cluster-approval-stuck',
      description:
        `An approval has waited for more than ${thresholds.stuckApprovalHours} hours: approve or refuse it in the ` +
        'console of CodePipeline. docs/monitoring.md, "Approvals".',
      namespace: metricNamespace,
      metric: 'ApprovalHours',
      dimensions: { service: functions.notices },
      statistic: 'Maximum',
      periodSeconds: 3600,
      threshold: thresholds.stuckApprovalHours,
      // An approval does not go away while nothing looks for it; that nothing looks is an alarm of its own.
      missingData: 'ignore',
      actions,
    });
  }

  /** A build that runs into its timeout is long, and then failed: one composite alarm for both. */
  private addBuilds({ longBuildMinutes }: OpsConfig['monitoring'], actions: readonly string[]): void {
    // CodeBuild measures builds when they end (AWS CodeBuild User Guide, "CodeBuild CloudWatch metrics").
    const common = {
      namespace: 'AWS/CodeBuild',
      dimensions: { ProjectName: build },
      periodSeconds: 300,
      // Most of the time there is no build.
      missingData: 'notBreaching',
      actions: [],
    } as const;
    const failed = new Alarm(this, 'FailedBuilds', {
      ...common,
      name: `${build}-failed`,
      description: 'A build of an image failed or timed out.',
      metric: 'FailedBuilds',
      statistic: 'Sum',
      threshold: 0,
    });
    const long = new Alarm(this, 'LongBuilds', {
      ...common,
      name: `${build}-long`,
      description: `A build of an image took more than ${longBuildMinutes} minutes.`,
      metric: 'Duration',
      statistic: 'Maximum',
      threshold: longBuildMinutes * 60,
    });
    new CompositeAlarm(this, 'Builds', {
      name: `${build}-unhealthy`,
      description:
        `A build of an image failed, or took more than ${longBuildMinutes} minutes. The log is ` +
        `${logGroups.codeBuild(build)}; the notice of the build links to the right place. docs/monitoring.md, "Builds".`,
      alarms: [failed, long],
      actions,
    });
  }

  /** A pipeline that stands still lets all kinds grow old on the same day: one composite alarm for them. */
  private addStaleImages({ staleImageDays }: OpsConfig['monitoring'], actions: readonly string[]): void {
    const stale = instanceRoles.map((role) => {
      const kind = imageOfRole[role];
      return new Alarm(this, `Stale-${kind}`, {
        name: `boundless-${kind}-image-stale`,
        description: `The newest ${kind} image that staging validated is older than ${staleImageDays} days, or there is none.`,
        namespace: metricNamespace,
        metric: 'ValidatedImageAgeDays',
        dimensions: { service: functions.sharing, Image: kind },
        // A younger image ends it at once, and not when the day of the older one is over.
        statistic: 'Minimum',
        // Longer than the longest pause between two reconcile runs: each of them measures it.
        periodSeconds: 24 * 3600,
        threshold: staleImageDays,
        // Without an age staging validated no image that is still there, or nothing measures.
        missingData: 'breaching',
        actions: [],
      });
    });
    new CompositeAlarm(this, 'Stale', {
      name: 'boundless-images-stale',
      description:
        `For ${staleImageDays} days staging validated no new image, or none that is still there: security updates are missing. Start packer-pipeline ` +
        'and prover-cluster-staging, and see what stops them. docs/monitoring.md, "Stale images".',
      alarms: stale,
      actions,
    });
  }
}
