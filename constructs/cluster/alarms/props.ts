import type { EnvironmentConfig } from '../../../config';
import type { NodeRole } from '../../../config/names';

export interface AlarmsProps {
  readonly environment: string;
  /** When they ring. */
  readonly thresholds: EnvironmentConfig['alarms'];
  /** The log group of each role. */
  readonly logGroupNames: Readonly<Record<NodeRole, string>>;
}
