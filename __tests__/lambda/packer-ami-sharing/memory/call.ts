import type { MemoryAws } from '../memory-aws';

/** A call to AWS: whose credentials it is made with, the action as the SDK calls it, and its input. */
export interface MemoryCall {
  readonly account: string;
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What a service answers to its actions, which take effect. */
export type Answers = Readonly<Record<string, (aws: MemoryAws, call: MemoryCall) => unknown>>;

/** What an account holds of its own. */
export interface MemoryAccount {
  readonly parameters: Map<string, string>;
  /** Tags of images as this account sees them. */
  readonly tags: Map<string, Map<string, string>>;
}
