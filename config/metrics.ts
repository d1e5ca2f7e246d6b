import { functions } from './names';

/** Namespace of what functions measure: dimension `service` is the function's name. */
export const metricNamespace = 'BoundlessAmiFactory';

/** What functions measure that alarms and dashboards show; docs/monitoring.md has their meaning and units. */
export const functionMetrics = {
  [functions.sharing]: [
    'AccountsShared',
    'AccountsFailed',
    'ShareSeconds',
    'Failures',
    'DriftFound',
    'DriftRepaired',
    'PublicImages',
    'ImagesLeft',
    'LaunchProblems',
  ],
  [functions.notices]: ['ApprovalHours', 'Failures'],
  [functions.cleanup]: ['ImagesRetained', 'ImagesReclaimed', 'CleanupFailures'],
} as const;

/** What functions measure for each kind of image: dimensions `service` and `Image`. */
export const imageMetrics = {
  [functions.sharing]: ['LatestImageAgeDays', 'ValidatedImageAgeDays'],
  [functions.notices]: ['BuildSeconds', 'BuildSucceeded', 'ImageReused'],
} as const;
