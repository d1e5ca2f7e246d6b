/** One thing that is wrong in a broker.toml. */
export interface BrokerProblem {
  /** None where it belongs to the file as a whole. */
  readonly section?: string;
  /** None where it belongs to the section as a whole. */
  readonly key?: string;
  /** What stands there; none where the message is about the key alone. */
  readonly value?: string;
  /** What is wrong, with the fix; it follows the key, or the value. */
  readonly message: string;
}

/** A broker.toml, or a section of it; integers are bigint. */
export type Table = Readonly<Record<string, unknown>>;
