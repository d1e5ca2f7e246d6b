import { gasPriority } from './gas-priority';
import type { BrokerRelease } from './releases';
import {
  addresses,
  amount,
  amountAboveZero,
  flag,
  limit32,
  limit64,
  oneOf,
  ownFile,
  ownFolder,
  text,
  u32,
  u64,
  u8,
  url,
  urls,
  type ValueCheck,
} from './values';

export type Section = 'market' | 'prover' | 'batcher';

/** A key of broker.toml. */
export interface Key {
  readonly name: string;
  readonly check: ValueCheck;
  /**
   * First release that knows the name.
   * @default - the first one
   */
  readonly since?: BrokerRelease;
  /** Older names of the same key. Setting two names of one key fails the broker's start. */
  readonly aliases?: readonly string[];
  /**
   * Whether the section must have it: in every release, or only in 1.0, which has no defaults.
   * @default - it may be left out
   */
  readonly required?: 'always' | '1.0';
  /** From which release on it does nothing any more, and what to do instead. */
  readonly ignored?: { readonly since: BrokerRelease; readonly instead: string };
}

const priority = oneOf({ random: '1.0.0', observation_time: '1.0.0', shortest_expiry: '1.0.0' });
const commitment = oneOf({ random: '1.0.0', shortest_expiry: '1.0.0', price: '1.1.0', cycle_price: '1.1.0' });

/** All keys, as `config.rs` of the broker reads them (docs/facts/bento.md#keys-of-brokertoml). */
const table = {
  market: [
    { name: 'min_mcycle_price', aliases: ['mcycle_price'], since: '1.1.0', check: amount, required: 'always' },
    {
      name: 'min_mcycle_price_collateral_token',
      aliases: ['mcycle_price_collateral_token'],
      since: '1.1.0',
      check: amount,
      required: 'always',
    },
    { name: 'max_collateral', aliases: ['max_stake'], check: amountAboveZero, required: 'always' },
    { name: 'min_deadline', check: limit64, required: '1.0' },
    { name: 'lookback_blocks', check: u64, required: '1.0' },
    { name: 'max_file_size', check: limit64, required: '1.0' },
    { name: 'max_mcycle_limit', check: limit64 },
    { name: 'min_mcycle_limit', check: u64, since: '1.2.0' },
    { name: 'max_journal_bytes', check: limit64 },
    { name: 'peak_prove_khz', check: limit64 },
    { name: 'priority_requestor_addresses', check: addresses },
    { name: 'priority_requestor_lists', check: urls, since: '1.1.0' },
    { name: 'allow_client_addresses', check: addresses },
    { name: 'allow_requestor_lists', check: urls, since: '1.2.1' },
    { name: 'deny_requestor_addresses', check: addresses },
    { name: 'events_poll_blocks', check: limit64, since: '1.1.2' },
    { name: 'events_poll_ms', check: limit64, since: '1.1.2' },
    { name: 'gas_priority_mode', check: gasPriority, since: '1.2.0' },
    { name: 'lockin_priority_gas', check: u64, ignored: { since: '1.2.0', instead: 'use gas_priority_mode' } },
    { name: 'max_fetch_retries', check: u8 },
    { name: 'lockin_gas_estimate', check: u64 },
    { name: 'fulfill_gas_estimate', check: u64 },
    { name: 'groth16_verify_gas_estimate', check: u64 },
    { name: 'additional_proof_cycles', check: u64 },
    { name: 'balance_warn_threshold', check: amount },
    { name: 'balance_error_threshold', check: amount },
    { name: 'collateral_balance_warn_threshold', aliases: ['stake_balance_warn_threshold'], check: amount },
    { name: 'collateral_balance_error_threshold', aliases: ['stake_balance_error_threshold'], check: amount },
    { name: 'max_concurrent_proofs', aliases: ['max_concurrent_locks'], check: limit32 },
    { name: 'max_concurrent_preflights', check: limit32 },
    { name: 'cache_dir', check: ownFolder },
    { name: 'assessor_default_image_url', check: url },
    { name: 'set_builder_default_image_url', check: url },
    { name: 'order_pricing_priority', check: priority },
    { name: 'order_commitment_priority', aliases: ['expired_order_fulfillment_priority'], check: commitment },
    { name: 'cancel_proving_expired_orders', check: flag, since: '1.1.0' },
    { name: 'max_order_expiry_secs', check: limit64, since: '1.2.2' },
    { name: 'assumption_price', check: amount, ignored: { since: '1.0.0', instead: 'leave it out' } },
  ],
  prover: [
    { name: 'status_poll_retry_count', check: u64, required: '1.0' },
    { name: 'status_poll_ms', check: u64, required: '1.0' },
    { name: 'req_retry_count', check: u64, required: '1.0' },
    { name: 'req_retry_sleep_ms', check: u64, required: '1.0' },
    { name: 'proof_retry_count', check: u64, required: '1.0' },
    { name: 'proof_retry_sleep_ms', check: u64, required: '1.0' },
    { name: 'bonsai_r0_zkvm_ver', check: text },
    { name: 'set_builder_guest_path', check: ownFile },
    { name: 'assessor_set_guest_path', check: ownFile },
    { name: 'max_critical_task_retries', check: u32 },
    { name: 'reaper_interval_secs', check: limit32 },
    { name: 'reaper_grace_period_secs', check: u32 },
  ],
  batcher: [
    { name: 'block_deadline_buffer_secs', check: u64, required: '1.0' },
    { name: 'batch_max_time', check: u64 },
    { name: 'min_batch_size', aliases: ['batch_size'], check: u32 },
    { name: 'batch_max_journal_bytes', check: limit64 },
    { name: 'batch_max_fees', check: amount },
    { name: 'txn_timeout', check: limit64 },
    { name: 'batch_poll_time_ms', check: limit64 },
    { name: 'single_txn_fulfill', check: flag },
    { name: 'withdraw', check: flag },
    { name: 'max_submission_attempts', check: limit32 },
  ],
} as const satisfies Readonly<Record<Section, readonly Key[]>>;

export const keys: Readonly<Record<Section, readonly Key[]>> = table;

type NamesOf<K extends Key> = K['name'] | (K extends { readonly aliases: readonly (infer A)[] } ? A & string : never);
type ValueOf<K extends Key> = K['check'] extends ValueCheck<infer T> ? T : never;

/** Values for broker.toml, under any name of a key. null removes the template's value. */
export type BrokerValues = {
  readonly [S in Section]: { readonly [K in (typeof table)[S][number] as NamesOf<K>]?: ValueOf<K> | null };
};

export const sections = Object.keys(keys) as readonly Section[];
