import type { SynthesizedStack } from './synthesized';

/** Texts of JSON, such as policies and dashboards, parsed; other texts as they are. */
function parsed(value: string): unknown {
  if (!/^[{[]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/**
 * A stack as a reviewer can read it, line by line: documents inside of texts are parsed, and rules of composite alarms
 * and patterns of logs have a line for each of their parts. What changes by itself is left out: metadata, hashes of archives, the provider's version.
 */
export function readable({ terraform, provider, resource, data, variable, output }: SynthesizedStack): unknown {
  const stack = JSON.stringify({ terraform, provider, resource, data, variable, output });
  const reviver = (key: string, value: unknown): unknown => {
    if (key === '//') return undefined;
    if (key === 'source_code_hash') return '[hash]';
    if (key === 'required_providers') return { aws: { source: 'aws', version: '[version]' } };
    if (typeof value !== 'string') return value;
    if (key === 'filename') return value.replace(/[0-9A-F]{32}/, '[hash]');
    if (key === 'alarm_rule') return value.split(/ (?=OR |AND )/);
    if (key === 'pattern') return value.split(/ (?=\|\| )/);
    return parsed(value);
  };
  return JSON.parse(stack, reviver) as unknown;
}
