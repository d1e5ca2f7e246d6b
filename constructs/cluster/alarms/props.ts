import type { EnvironmentConfig } from '../../../config';
import type { InstanceRole } from '../../../config/names';

export interface AlarmsProps {
  /** When they fire. */
  readonly thresholds: EnvironmentConfig['alarms'];
  /** The log group of each role. */
  readonly logGroupNames: Readonly<Record<InstanceRole, string>>;
}
