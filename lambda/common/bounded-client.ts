/**
 * What every client of AWS in a Lambda is bounded by. 5 attempts with the standard back-off (100 ms, doubled, jitter) ride
 * out throttling and short faults within seconds, and leave longer ones to the retries of the invocation, which are
 * minutes apart. Adaptive mode would slow all calls of a client after one throttled call. A call that hangs is cut after
 * 10 s: without a limit, one dead connection would use up the function's whole time.
 */
export const boundedClient = {
  maxAttempts: 5,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;

/** What may differ from that, and from the function's environment, in a test or a benchmark: a part of a client's own configuration. */
export type ClientOverrides<Config> = Pick<
  Config,
  Extract<keyof Config, keyof typeof boundedClient | 'credentials' | 'endpoint' | 'region'>
>;
