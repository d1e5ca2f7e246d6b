import type { z } from 'zod';
import { problemsOfBalances } from './balances';
import { brokerConfigurationOf, brokerParameter } from './broker/configuration';
import { problemsOfMarket } from './broker/market';
import { timeoutProblem } from './build-time';
import { problemsOfBuiltBroker } from './build-broker';
import { problemsOfGroups } from './groups';
import { instanceTypeProblem } from './instance-types';
import { problemsWithNetworks } from './networks';
import { ConfigurationError, type ConfigurationProblem } from './problem';
import { environmentSchema, opsSchema, type EnvironmentConfig, type FactoryConfig } from './schema';
import { problemsTogether } from './together';

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined | null)?.[key], input);

interface ShapeProblem extends ConfigurationProblem {
  /** A value is missing, of another type or unknown, so that comparing values makes no sense yet. */
  readonly structural: boolean;
}

function problemsOfShape(file: string, schema: z.ZodType, input: unknown): ShapeProblem[] {
  const { error } = schema.safeParse(input);
  return (error?.issues ?? []).flatMap((issue) => {
    const { code, path, message } = issue;
    const at = (place: readonly PropertyKey[], text: string, structural: boolean): ShapeProblem => ({
      file,
      field: place.map(String).join('.'),
      value: valueAt(input, place),
      message: structural ? `${text}; see config/schema` : text,
      structural,
    });
    if (code !== 'unrecognized_keys') return [at(path, message, code === 'invalid_type')];
    const unknown = 'is the value of a key that the factory does not know; correct its spelling, or remove it';
    return issue.keys.map((key) => at([...path, key], unknown, true));
  });
}

const fileOf = (environment: EnvironmentConfig): string => `config/${environment.environment}.ts`;

function problemsOfInstanceTypes(factory: FactoryConfig): ConfigurationProblem[] {
  const { instanceTypes } = factory.ops.build;
  const used = [
    { file: 'config/ops.ts', field: 'build.instanceTypes.manager', value: instanceTypes.manager, gpu: false },
    // The GPU images prove their driver in the bake, which takes a GPU.
    { file: 'config/ops.ts', field: 'build.instanceTypes.prover', value: instanceTypes.prover, gpu: true },
    { file: 'config/ops.ts', field: 'build.instanceTypes.bento', value: instanceTypes.bento, gpu: true },
    ...factory.environments.flatMap((environment) => [
      { file: fileOf(environment), field: 'manager.instanceType', value: environment.manager.instanceType, gpu: false },
      ...environment.prover.instanceTypes.map((value, index) => ({
        file: fileOf(environment),
        field: `prover.instanceTypes.${index}`,
        value,
        gpu: true,
      })),
    ]),
  ];
  return used.flatMap(({ gpu, ...place }) => {
    const message = instanceTypeProblem(place.value, { gpu });
    return message === undefined ? [] : [{ ...place, message }];
  });
}

function problemsOfBuildTime({ build }: FactoryConfig['ops']): ConfigurationProblem[] {
  const message = timeoutProblem(build);
  if (message === undefined) return [];
  return [{ file: 'config/ops.ts', field: 'build.timeoutMinutes', value: build.timeoutMinutes, message }];
}

/** What ends at its timeout is not there to be watched any more: an alarm at or behind it would never fire. */
function problemsOfMonitoring({ build, delivery, monitoring }: FactoryConfig['ops']): ConfigurationProblem[] {
  const { longBuildMinutes, stuckApprovalHours } = monitoring;
  const problem = (field: string, value: number, message: string): ConfigurationProblem[] => [
    { file: 'config/ops.ts', field: `monitoring.${field}`, value, message },
  ];
  return [
    ...(longBuildMinutes < build.timeoutMinutes
      ? []
      : problem(
          'longBuildMinutes',
          longBuildMinutes,
          `is not below build.timeoutMinutes, ${build.timeoutMinutes}, which ends a build; choose less`,
        )),
    ...(stuckApprovalHours * 60 < delivery.approvalTimeoutMinutes
      ? []
      : problem(
          'stuckApprovalHours',
          stuckApprovalHours,
          `is not below delivery.approvalTimeoutMinutes, ${delivery.approvalTimeoutMinutes}, which ends an approval; choose less`,
        )),
  ];
}

/** AWS Budgets takes at most 10 addresses, and a budget that notifies no address is none. */
const mostBudgetEmails = 10;

function problemsOfBudgets({ ops, environments }: FactoryConfig): ConfigurationProblem[] {
  const accounts = [
    { file: 'config/ops.ts', ...ops },
    ...environments.map((environment) => ({ file: fileOf(environment), ...environment })),
  ];
  return accounts.flatMap(({ file, monthlyBudgetUsd: value, notifications }) => {
    const { length } = notifications.alarmEmails;
    if (value === null || (length > 0 && length <= mostBudgetEmails)) return [];
    const message = `can notify 1 to ${mostBudgetEmails} addresses, not ${length}; correct notifications.alarmEmails, or set null`;
    return [{ file, field: 'monthlyBudgetUsd', value, message }];
  });
}

/** The trust policy of `roles.validatedReader` names their plan roles, and holds 2,048 characters (IAM quotas). */
const mostValidatedEnvironments = 20;

function problemsOfDelivery({ ops, environments }: FactoryConfig): ConfigurationProblem[] {
  const { validatingEnvironment, approvalTimeoutMinutes, artifactRetentionDays } = ops.delivery;
  const problems: ConfigurationProblem[] = [];
  const problem = (field: string, value: unknown, message: string): void => {
    problems.push({ file: 'config/ops.ts', field: `delivery.${field}`, value, message });
  };
  const validated = environments.filter(({ followsLatest }) => !followsLatest);
  const validating = environments.filter(({ followsLatest }) => followsLatest).map(({ environment }) => environment);
  if (validated.length > 0 && !validating.includes(validatingEnvironment)) {
    const known =
      validating.length > 0 ? `use one of ${validating.join(', ')}` : 'set followsLatest in one environment';
    problem(
      'validatingEnvironment',
      validatingEnvironment,
      `is not an environment that follows the latest images; ${known}`,
    );
  }
  if (validated.length > mostValidatedEnvironments) {
    const message = `validates images for too many environments, ${validated.length}; its trust policy holds ${mostValidatedEnvironments}`;
    problem('validatingEnvironment', validatingEnvironment, message);
  }
  if (approvalTimeoutMinutes >= artifactRetentionDays * 24 * 60) {
    const message = `is no longer than an approval may take, ${approvalTimeoutMinutes} minutes; a plan must outlive it`;
    problem('artifactRetentionDays', artifactRetentionDays, message);
  }
  return problems;
}

/** What Parameter Store's standard tier holds (AWS Systems Manager User Guide, "Managing parameter tiers"). */
const mostParameterBytes = 4096;

function problemsOfBroker(environment: EnvironmentConfig): ConfigurationProblem[] {
  const { broker } = environment;
  const file = fileOf(environment);
  const problems = problemsOfMarket(broker).map(({ section, key, message }) => ({
    file,
    field: ['broker', ...[section, key].filter((name) => name !== undefined)].join('.'),
    value: valueAt(
      broker,
      [section, key].filter((name) => name !== undefined),
    ),
    message,
  }));
  for (const { key, message } of problemsOfBalances(broker.market))
    problems.push({ file, field: `broker.market.${key}`, value: valueAt(broker, ['market', key]), message });
  // There is no text where a release would not take it.
  if (problems.length > 0) return problems;
  const bytes = Math.max(
    ...[brokerParameter(broker), brokerConfigurationOf(broker)].map((text) => Buffer.byteLength(text)),
  );
  if (bytes > mostParameterBytes) {
    const message = `bytes are too many for a parameter, which holds ${mostParameterBytes}; put long lists on a web page, and name it in priority_requestor_lists or allow_requestor_lists, or leave v1.0 out of broker.releases, which takes a text of its own`;
    problems.push({ file, field: 'broker', value: bytes, message });
  }
  return problems;
}

/** Values that must differ between accounts, or be the same in all of them. */
function problemsAcrossAccounts({ ops, environments }: FactoryConfig): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const accounts = new Map([[ops.accountId, 'config/ops.ts']]);
  const names = new Set<string>();
  for (const environment of environments) {
    const { accountId, region } = environment;
    const file = fileOf(environment);
    const owner = accounts.get(accountId);
    if (owner !== undefined) {
      const message = `is the account of ${owner} too; give each environment an account of its own`;
      problems.push({ file, field: 'accountId', value: accountId, message });
    }
    accounts.set(accountId, file);
    if (names.has(environment.environment)) {
      const message = 'is the name of another environment too; names of environments must differ';
      problems.push({ file, field: 'environment', value: environment.environment, message });
    }
    names.add(environment.environment);
    if (region !== ops.region) {
      const message = `is not the region of the images; use ${ops.region} as in config/ops.ts, since images are regional`;
      problems.push({ file, field: 'region', value: region, message });
    }
  }
  return problems;
}

/** The key policy and the sharing role's policy have room for no more (IAM and AWS KMS quotas). */
const mostEnvironments = 100;

/**
 * Checks the whole configuration and returns it.
 *
 * @throws ConfigurationError with *all* problems: file, field, value and the fix of each.
 */
export function validated(factory: FactoryConfig): FactoryConfig {
  const shape = [
    ...problemsOfShape('config/ops.ts', opsSchema, factory.ops),
    ...factory.environments.flatMap((environment) =>
      problemsOfShape(fileOf(environment), environmentSchema, environment),
    ),
  ];
  if (factory.environments.length === 0) {
    const message = 'is empty; name at least one service account';
    shape.push({ file: 'config/index.ts', field: 'environments', value: [], message, structural: false });
  }
  if (factory.environments.length > mostEnvironments) {
    const message = `are too many service accounts; the sharing Lambda takes ${mostEnvironments}, its policies hold no more`;
    const value = factory.environments.length;
    shape.push({ file: 'config/index.ts', field: 'environments', value, message, structural: false });
  }
  if (shape.some(({ structural }) => structural)) throw new ConfigurationError(shape);
  const problems = [
    ...shape,
    ...problemsAcrossAccounts(factory),
    ...problemsOfInstanceTypes(factory),
    ...problemsOfBuildTime(factory.ops),
    ...problemsOfMonitoring(factory.ops),
    ...problemsOfBudgets(factory),
    ...problemsOfDelivery(factory),
    ...problemsOfBuiltBroker(factory),
    ...factory.environments.flatMap((environment) => problemsOfGroups(fileOf(environment), environment)),
    ...factory.environments.flatMap((environment) => problemsTogether(fileOf(environment), environment, factory.ops)),
    ...factory.environments.flatMap(problemsOfBroker),
    ...problemsWithNetworks(
      factory.environments.map((environment) => ({ file: fileOf(environment), ...environment.network })),
    ),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return factory;
}
