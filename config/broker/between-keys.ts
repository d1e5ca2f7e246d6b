import { keys, type Section } from './keys';
import type { BrokerProblem, Table } from './problem';
import { isFrom, type BrokerRelease } from './releases';

/** Two numbers that are right alone and let nothing through together. */
interface Rule {
  readonly section: Section;
  readonly key: string;
  /** The other key, and the broker's default for it; without one, a file that leaves it out breaks no rule. */
  readonly other: {
    readonly section: Section;
    readonly key: string;
    readonly standard?: (release: BrokerRelease) => bigint;
  };
  readonly isWrong: (value: bigint, other: bigint) => boolean;
  /** Follows the value; the fix after a semicolon. */
  readonly message: (other: bigint) => string;
}

/** Defaults and comparisons are those of `crates/broker/src` upstream: config.rs, order_picker.rs, aggregator.rs. */
const rules: readonly Rule[] = [
  {
    section: 'market',
    key: 'min_deadline',
    other: { section: 'market', key: 'max_order_expiry_secs' },
    isWrong: (value, other) => value >= other,
    message: (other) => `skips each order that max_order_expiry_secs, ${other}, lets through; choose less`,
  },
  {
    section: 'market',
    key: 'min_mcycle_limit',
    other: { section: 'market', key: 'max_mcycle_limit', standard: () => 8000n },
    isWrong: (value, other) => value > other,
    message: (other) => `skips each order that max_mcycle_limit, ${other}, lets through; choose less`,
  },
  {
    section: 'market',
    key: 'min_deadline',
    other: {
      section: 'batcher',
      key: 'block_deadline_buffer_secs',
      standard: (release) => (isFrom(release, '1.2.0') ? 120n : 180n),
    },
    isWrong: (value, other) => value <= other,
    message: (other) =>
      `takes orders for which [batcher] block_deadline_buffer_secs, ${other}, leaves no time to prove; choose more than that`,
  },
  {
    section: 'batcher',
    key: 'txn_timeout',
    other: {
      section: 'batcher',
      key: 'block_deadline_buffer_secs',
      standard: (release) => (isFrom(release, '1.2.0') ? 120n : 180n),
    },
    isWrong: (value, other) => value >= other,
    message: (other) =>
      `waits for a transaction longer than block_deadline_buffer_secs, ${other}, leaves before the deadline; choose less`,
  },
  {
    section: 'batcher',
    key: 'min_batch_size',
    other: {
      section: 'market',
      key: 'max_concurrent_proofs',
      standard: (release) => (isFrom(release, '1.1.0') ? 1n : 2n ** 32n),
    },
    isWrong: (value, other) => value > other,
    message: (other) => `is never reached: [market] max_concurrent_proofs is ${other}; choose at most that`,
  },
];

interface Found {
  /** The name under which the file has it. */
  readonly name: string;
  readonly value: bigint;
}

/** A number of the file under any of its key's names; undefined where it is missing or no whole number. */
function numberOf(content: Table, section: Section, key: string): Found | undefined {
  const table = content[section];
  if (typeof table !== 'object' || table === null) return undefined;
  const known = keys[section].find(({ name }) => name === key);
  const name = [key, ...(known?.aliases ?? [])].find((one) => typeof (table as Table)[one] === 'bigint');
  return name === undefined ? undefined : { name, value: (table as Table)[name] as bigint };
}

/** Values that stop all work, or do nothing, because of one another. */
export function problemsBetweenKeys(content: Table, release: BrokerRelease): BrokerProblem[] {
  return rules.flatMap(({ section, key, other, isWrong, message }) => {
    const found = numberOf(content, section, key);
    const against = numberOf(content, other.section, other.key)?.value ?? other.standard?.(release);
    if (found === undefined || against === undefined || !isWrong(found.value, against)) return [];
    return [{ section, key: found.name, value: String(found.value), message: message(against) }];
  });
}
