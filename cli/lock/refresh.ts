import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { download, hashInside } from './download';
import { isSha256, type Entry } from './lock-file';

export type Outcome =
  | { readonly kind: 'same' | 'signed' }
  | { readonly kind: 'filled in' | 'accepted' | 'refused'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * What the hash that an address sends now means for its entry. Another hash for the same version is what an attack looks
 * like, and a first one is only what this download happened to return: an operator decides whether to trust it.
 */
export function evaluate({ name, sha256: old }: Entry, sha256: string, accepted: ReadonlySet<string>): Outcome {
  if (old === sha256) return { kind: 'same' };
  if (accepted.has(name)) return { kind: 'accepted', sha256 };
  return { kind: old === '?' ? 'filled in' : 'refused', sha256 };
}

/** A file inside an archive has a hash that the archive's publisher states: it is checked here, and never changed. */
async function checkInside(archive: string, inside: readonly Entry[]): Promise<string | undefined> {
  for (const { name, sha256 } of inside) {
    const actual = await hashInside(archive, name);
    if (actual !== sha256) return `${name} inside has the SHA-256 ${actual}, not ${sha256}`;
  }
  return undefined;
}

async function refreshOne(entry: Entry, inside: readonly Entry[], accepted: ReadonlySet<string>): Promise<Outcome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lock-'));
  try {
    const file = path.join(folder, 'download');
    const sha256 = await download(entry.address, file);
    const reason = await checkInside(file, inside);
    return reason === undefined ? evaluate(entry, sha256, accepted) : { kind: 'failed', reason };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Asks every address, one after the other: they are gigabytes. */
export async function refresh(
  entries: readonly Entry[],
  accepted: ReadonlySet<string>,
  report: (entry: Entry, outcome: Outcome) => void,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (const entry of entries) {
    if (entry.address.startsWith('in:')) continue;
    const inside = entries.filter(({ address, sha256 }) => address === `in:${entry.name}` && isSha256(sha256));
    const outcome: Outcome = entry.sha256 === 'signed' ? { kind: 'signed' } : await refreshOne(entry, inside, accepted);
    outcomes.set(entry.name, outcome);
    report(entry, outcome);
  }
  return outcomes;
}
