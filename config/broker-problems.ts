import { problemsOfBalances } from './balances';
import { brokerConfigurationOf, brokerParameter } from './broker/configuration';
import { problemsOfMarket } from './broker/market';
import type { ConfigurationProblem } from './problem';
import { original } from './readable';
import type { EnvironmentConfig } from './schema';
import { valueAt } from './shape';

/** What Parameter Store's standard tier holds (AWS Systems Manager User Guide, "Managing parameter tiers"). */
const mostParameterBytes = 4096;

/** What is wrong with the values for broker.toml. */
export function problemsOfBroker(file: string, { broker: guarded }: EnvironmentConfig): ConfigurationProblem[] {
  // Read once, so that a part that is wrong by itself stops the check here.
  const { releases, market, prover, batcher } = guarded;
  const broker = {
    releases: { from: releases.from, to: releases.to },
    market: original(market),
    prover: original(prover),
    batcher: original(batcher),
  } as EnvironmentConfig['broker'];
  const problems = problemsOfMarket(broker).map(({ section, key, message }) => {
    const path = [section, key].filter((name) => name !== undefined);
    return { file, field: ['broker', ...path].join('.'), value: valueAt(broker, path), message };
  });
  for (const { key, message } of problemsOfBalances(broker.market))
    problems.push({ file, field: `broker.market.${key}`, value: valueAt(broker, ['market', key]), message });
  // There is no text where a release would not take it.
  if (problems.length > 0) return problems;
  const bytes = Math.max(
    ...[brokerParameter(broker), brokerConfigurationOf(broker)].map((text) => Buffer.byteLength(text)),
  );
  if (bytes <= mostParameterBytes) return [];
  const message = `bytes are too many for a parameter, which holds ${mostParameterBytes}; put long lists on a web page, and name it in priority_requestor_lists or allow_requestor_lists, or leave v1.0 out of broker.releases, which takes a text of its own`;
  return [{ file, field: 'broker', value: bytes, message }];
}
