import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** What a file was built from, as SHA-256 in hex; the file itself is among it. */
interface BuildRecord {
  readonly options: string;
  readonly hashes: Readonly<Record<string, string>>;
}

const recordOf = (file: string): string => `${file}.json`;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const hashOf = (file: string): string | undefined => (existsSync(file) ? sha256(readFileSync(file)) : undefined);

/**
 * Notes what a file was built from. Packages are not hashed one by one: the lock file has them.
 */
export function remember(file: string, options: object, inputs: readonly string[]): void {
  const own = inputs.filter((input) => !input.includes('node_modules/'));
  const hashes = [file, 'package-lock.json', ...own].map((input) => [input, hashOf(input)]);
  writeFileSync(
    recordOf(file),
    JSON.stringify({ options: JSON.stringify(options), hashes: Object.fromEntries(hashes) as unknown }),
  );
}

/** Whether a file is what its record describes, and would be built the same again. */
export function isCurrent(file: string, options: object): boolean {
  if (!existsSync(file) || !existsSync(recordOf(file))) return false;
  try {
    const record = JSON.parse(readFileSync(recordOf(file), 'utf8')) as BuildRecord;
    const entries = Object.entries(record.hashes);
    return record.options === JSON.stringify(options) && entries.every(([input, hash]) => hashOf(input) === hash);
  } catch {
    // A record that was cut short by a crash: build again.
    return false;
  }
}
