import { Construct } from 'constructs';
import { functions, logGroups, metricNamespace } from '../../config/names';
import { OccurrenceAlarm } from '../base/alarm';

/** What rings, by the metric of `lambda/packer-ami-sharing/telemetry.ts`, and what whoever is woken reads. */
const occurrences = {
  PublicImages:
    'An image of the factory was public, and is not any more. Find in CloudTrail who did that (ModifyImageAttribute); ' +
    'what everybody could read meanwhile is encrypted with the factory key.',
  LaunchProblems:
    'Auto Scaling of a service account could not start instances from the images. Run `make preflight`: it prints the ' +
    'missing statement or command.',
} as const;

export interface SharingAlarmsProps {
  /** Topics that hear of them. */
  readonly actions: readonly string[];
}

/** What a reconcile run finds that a person has to look at. What it could not do fails the function, which rings too. */
export class SharingAlarms extends Construct {
  constructor(scope: Construct, id: string, { actions }: SharingAlarmsProps) {
    super(scope, id);
    for (const [metric, description] of Object.entries(occurrences))
      new OccurrenceAlarm(this, metric, {
        name: `${functions.sharing}-${metric.replace(/(?<=[a-z])[A-Z]/g, (capital) => `-${capital}`).toLowerCase()}`,
        description: `${description} The log is ${logGroups.lambda(functions.sharing)}.`,
        namespace: metricNamespace,
        metric,
        dimensions: { service: functions.sharing },
        statistic: 'Maximum',
        periodSeconds: 300,
        actions,
      });
  }
}
