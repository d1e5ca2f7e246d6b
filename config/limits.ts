import { readFileSync } from 'node:fs';

/** Least and most, of settings that the stacks give and machines check again as they boot (`bento_boot/limits.py`). */
interface Limits {
  /**
   * Size of segments as a power of two: from risc0's least (`MIN_CYCLES_PO2`) to the largest that any GPU proves
   * (`largestSegmentPo2`).
   */
  readonly segmentPo2: readonly [number, number];
  readonly snarkTimeoutSeconds: readonly [number, number];
  /** Upstream's wizard stops at 20, to keep connections few (`generate_config.rs` of `boundless-cli`). */
  readonly executors: readonly [number, number];
  /** Hexadecimal digits: 160 bits (`PovwLogId`, crate `risc0-binfmt`). */
  readonly povwLogIdDigits: readonly [number, number];
}

export const limits = JSON.parse(readFileSync('scripts/boot/bento_boot/limits.json', 'utf8')) as Limits;
