import type { BrokerErrorFamily } from './names';

/** Errors that mean the same, or ask for the same. */
export interface ErrorFamily {
  /** Texts of its lines: codes as the broker logs them, and where a line has none, its message. */
  readonly texts: readonly string[] | 'unexpected';
  /** The alarm fires when as many lines came within as many minutes. */
  readonly atLeast: number;
  readonly minutes: number;
  readonly meaning: string;
}

/** What every service of the broker calls an error that it did not foresee. */
export const unexpectedCode = '\\[B-[A-Z]+-500\\]';

const codes = (...names: readonly string[]): readonly string[] => names.map((name) => `[${name}]`);

/**
 * Codes are those of the errors in `crates/broker/src` of the upstream project (`CodedError`), of the releases that images
 * may carry. Families and thresholds follow its own alarms (docs/facts/predecessor.md#alarms-that-it-had), taken
 * together where one cause makes several codes: numbers within a service have moved between releases, families have
 * not. Left out is what a requestor can cause (B-OP-001 to 004), what another prover can (B-OM-007, B-OM-009,
 * B-PRO-502), and B-BON-008, which the broker tries again. docs/facts/log-patterns.md has a line of each release.
 */
export const brokerErrors: Readonly<Record<BrokerErrorFamily, ErrorFamily>> = {
  faults: {
    texts: codes('B-SUP-FAULT'),
    atLeast: 2,
    minutes: 30,
    meaning: 'a part of the broker gave up, which ends it',
  },
  restarts: {
    texts: codes('B-SUP-RECOVER'),
    atLeast: 5,
    minutes: 15,
    meaning: 'parts of the broker fail, and are started again',
  },
  unexpected: { texts: 'unexpected', atLeast: 5, minutes: 30, meaning: 'errors that the broker did not foresee' },
  database: {
    texts: codes('B-DB-001', 'B-DB-002', 'B-DB-500'),
    atLeast: 2,
    minutes: 30,
    meaning: "the broker's own database is locked, slow or broken",
  },
  // Collateral of an order that was locked and has expired is lost: each one counts. Only 1.0 has a code for it, B-REAP-100.
  expired: { texts: ['expired committed orders'], atLeast: 1, minutes: 5, meaning: 'orders expired that were locked' },
  // A batch logs it several times, since it is tried again.
  late: {
    texts: codes('B-SUB-001', 'B-SUB-005', 'B-AGG-600'),
    atLeast: 4,
    minutes: 60,
    meaning: 'proofs were done too late to be handed in',
  },
  proving: {
    texts: codes('B-PRO-501', 'B-AGG-400'),
    atLeast: 2,
    minutes: 60,
    meaning: 'Bento could not prove an order',
  },
  submission: {
    texts: codes('B-SUB-002', 'B-SUB-003', 'B-SUB-004', 'B-SUB-500'),
    atLeast: 3,
    minutes: 60,
    meaning: 'proofs could not be handed in',
  },
  confirmation: {
    texts: codes('B-SUB-006', 'B-OM-006'),
    atLeast: 5,
    minutes: 60,
    meaning: 'transactions are not confirmed in time',
  },
  locking: {
    texts: codes('B-OM-010'),
    atLeast: 2,
    minutes: 120,
    meaning: 'there is not enough collateral to lock orders',
  },
  rpc: {
    texts: codes('B-CHM-400', 'B-MM-501', 'B-MM-502', 'B-OP-005', 'B-OM-011'),
    atLeast: 5,
    minutes: 15,
    meaning: 'RPC endpoints fail',
  },
  // Its code, B-OMM-001, is in no line: the supervisor prints the message, which has none.
  'order-stream': {
    texts: ['[B-SUP-RECOVER] Recoverable error: WebSocket error:'],
    atLeast: 10,
    minutes: 60,
    meaning: 'the order stream breaks off',
  },
  downloads: {
    texts: codes('B-STR-002', 'B-STR-500'),
    atLeast: 5,
    minutes: 15,
    meaning: 'programs and inputs of orders cannot be fetched',
  },
  // Proofs that go on take the place of others, which the broker does not know.
  cancellation: { texts: codes('B-UTL-001'), atLeast: 1, minutes: 15, meaning: 'a proof could not be cancelled' },
};
