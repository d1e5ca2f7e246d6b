import { readFileSync } from 'node:fs';
import type { InstanceRole } from '../../config/names';

/** A line of a program, as `docs/facts/log-patterns.md` has it. */
export interface DocumentedLine {
  /** Alarms that count it, by their names in a cluster. */
  readonly alarms: readonly string[];
  /** First and last release that prints it. */
  readonly from: string;
  readonly to: string;
  readonly role: InstanceRole;
  readonly unit: string;
  /** Without its time. */
  readonly line: string;
}

const row = /^\| ([^|]+?) +\| ([\d.]+)(?:-([\d.]+))? +\| (bento-[\w@]+) +\| `([^`]+)` +\| ([^|]+?) +\|$/;

const time = '2026-01-16T10:00:00.000000Z';

/** @throws Error for a row of the table that is not of its form */
export const documentedLines: readonly DocumentedLine[] = readFileSync('docs/facts/log-patterns.md', 'utf8')
  .split('\n')
  .filter((text) => text.startsWith('|') && !/^\| (alarms|---)/.test(text))
  .map((text) => {
    const [, alarms = '', from = '', to = from, unit = '', line = ''] = row.exec(text) ?? [];
    if (line === '') throw new Error(`This row is not of the table's form: ${text}`);
    return {
      alarms: alarms === 'none' ? [] : alarms.split(', '),
      from,
      to,
      role: unit.startsWith('bento-prover') ? 'prover' : 'manager',
      unit: `${unit}.service`,
      line,
    };
  });

/** The line as a program prints it with `NO_COLOR=1`. */
export const plain = (line: string): string => `${time} ${line}`;

/** The line as `tracing-subscriber` 0.3 prints it in colours: time, level and target have theirs, the message has none. */
export function coloured(line: string): string {
  const [, level = '', target = '', message = ''] = /^( ?[A-Z]+) ([\w:]+): (.*)$/s.exec(line) ?? [];
  return `\u001b[2m${time}\u001b[0m \u001b[31m${level}\u001b[0m \u001b[2m${target}\u001b[0m\u001b[2m:\u001b[0m ${message}`;
}
