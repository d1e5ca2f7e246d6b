import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { InstanceRole } from '../../../config/names';
import { DeliveryRefusedError } from '../problem';

const schema = z.strictObject({
  environment: z.string(),
  outcome: z.enum(['passed', 'skipped']),
  images: z.strictObject({ manager: z.string().optional(), prover: z.string().optional() }),
});

/** What came of a smoke test, and with which images; `promote` of the same checkout asks for it. */
export interface SmokeRecord {
  readonly environment: string;
  readonly outcome: 'passed' | 'skipped';
  readonly images: Readonly<Record<InstanceRole, string | undefined>>;
}

const fileIn = (folder: string): string => path.join(folder, 'smoke.json');

/** Before a test: one that fails, or is cut short, must not leave what the test before came to. */
export const deleteSmokeRecord = (folder: string): Promise<void> => rm(fileIn(folder), { force: true });

/** Replaces the record of the test before. */
export async function writeSmokeRecord(folder: string, record: SmokeRecord): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${fileIn(folder)}.new`, JSON.stringify(record));
  await rename(`${fileIn(folder)}.new`, fileIn(folder));
}

/**
 * What came of the last smoke test.
 *
 * @throws DeliveryRefusedError where there is none with these images: a cluster that was not seen to prove is not validated
 */
export async function readSmokeRecord(
  folder: string,
  { environment, images }: { environment: string; images: Readonly<Record<InstanceRole, string>> },
): Promise<SmokeRecord['outcome']> {
  let text = '';
  try {
    text = await readFile(fileIn(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const refused = (what: string) =>
    new DeliveryRefusedError(
      `${what}, so these images are not validated. Run it first: make smoke ENV=${environment}. A cluster that makes no proofs ` +
        `has smoke: null in config/${environment}.ts.`,
    );
  if (text === '') throw refused(`No smoke test of ${environment} has run here`);
  const record = recordOf(text);
  if (record === undefined) throw refused(`${fileIn(folder)} is no record of a smoke test`);
  if (
    record.environment !== environment ||
    record.images.manager !== images.manager ||
    record.images.prover !== images.prover
  )
    throw refused(
      `The last smoke test was of ${record.environment} with ${record.images.manager ?? 'no image'} and ${record.images.prover ?? 'no image'}`,
    );
  return record.outcome;
}

function recordOf(text: string): z.infer<typeof schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
