import { timeoutProblem } from './build-time';
import { problemsOfBuiltBroker } from './build-broker';
import { duplicatesInOps } from './duplicates';
import type { ConfigurationProblem } from './problem';
import { whereReadable } from './readable';
import type { FactoryConfig } from './schema';

/** Where the ops account is written. */
export const opsFile = 'config/ops.ts';

type Check = (factory: FactoryConfig) => readonly ConfigurationProblem[];
const at = (field: string, value: unknown, message: string): ConfigurationProblem[] => [
  { file: opsFile, field, value, message },
];

const buildTime: Check = ({ ops: { build } }) => {
  const message = timeoutProblem(build);
  return message === undefined ? [] : at('build.timeoutMinutes', build.timeoutMinutes, message);
};

/** What ends at its timeout is not there to be watched any more: an alarm at or behind it would never fire. */
const longBuild: Check = ({ ops: { build, monitoring } }) => {
  const { longBuildMinutes } = monitoring;
  const message = `is not below build.timeoutMinutes, ${build.timeoutMinutes}, which ends a build; choose less`;
  return longBuildMinutes < build.timeoutMinutes ? [] : at('monitoring.longBuildMinutes', longBuildMinutes, message);
};

const stuckApproval: Check = ({ ops: { delivery, monitoring } }) => {
  const { stuckApprovalHours } = monitoring;
  const { approvalTimeoutMinutes } = delivery;
  const message = `is not below delivery.approvalTimeoutMinutes, ${approvalTimeoutMinutes}, which ends an approval; choose less`;
  return stuckApprovalHours * 60 < approvalTimeoutMinutes
    ? []
    : at('monitoring.stuckApprovalHours', stuckApprovalHours, message);
};

const validatingField = 'delivery.validatingEnvironment';

const validatingEnvironment: Check = ({ ops, environments }) => {
  const name = ops.delivery.validatingEnvironment;
  const names = environments.filter(({ followsLatest }) => followsLatest).map(({ environment }) => environment);
  if (names.length === environments.length || names.includes(name)) return [];
  const known = names.length > 0 ? `use one of ${names.join(', ')}` : 'set followsLatest in one environment';
  return at(validatingField, name, `is not an environment that follows the latest images; ${known}`);
};

/** The trust policy of `roles.validatedReader` names their plan roles, and holds 2,048 characters (IAM quotas). */
const mostValidatedEnvironments = 20;

const validatedEnvironments: Check = ({ ops, environments }) => {
  const { length } = environments.filter(({ followsLatest }) => !followsLatest);
  const message = `validates images for too many environments, ${length}; its trust policy holds ${mostValidatedEnvironments}, so let others follow the latest`;
  return length <= mostValidatedEnvironments ? [] : at(validatingField, ops.delivery.validatingEnvironment, message);
};

const planRetention: Check = ({ ops: { delivery } }) => {
  const { approvalTimeoutMinutes, artifactRetentionDays } = delivery;
  const message = `is no longer than an approval may take, ${approvalTimeoutMinutes} minutes; a plan must outlive it`;
  return approvalTimeoutMinutes < artifactRetentionDays * 24 * 60
    ? []
    : at('delivery.artifactRetentionDays', artifactRetentionDays, message);
};

const checks: readonly Check[] = [
  ({ ops }) => duplicatesInOps(opsFile, ops),
  buildTime,
  longBuild,
  stuckApproval,
  validatingEnvironment,
  validatedEnvironments,
  planRetention,
  problemsOfBuiltBroker,
];

/** Values of the ops account that are right alone, and impossible or useless together or with the environments. */
export const problemsOfOps = (factory: FactoryConfig): readonly ConfigurationProblem[] =>
  checks.flatMap((check) => whereReadable(() => check(factory)));
