import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DeliveryRefusedError } from '../problem';

/** What a saved plan is kept with, in one folder: the plan itself, its record, the stack, the provider lock, the summary. */
export const planFiles = { plan: 'plan.tfplan', record: 'plan.json', stack: 'stack', summary: 'summary.md' } as const;

const image = z.string().regex(/^ami-[0-9a-f]+$/);

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * The state that a plan was made from; `null` where there was none yet. Lineage and serial alone do not identify it: a
 * state that was restored and applied again reaches the same serial, and one that was edited by hand keeps it.
 */
const stateIdentitySchema = z
  .strictObject({
    lineage: z.string(),
    serial: z.int(),
    /** SHA-256 of the state object in S3. */
    sha256: hash,
    /** Version id of the state object; `null` in a bucket without versioning. */
    versionId: z.string().nullable(),
  })
  .nullable();

export type StateIdentity = z.infer<typeof stateIdentitySchema>;

const recordSchema = z.strictObject({
  format: z.literal(2),
  stack: z.string(),
  environment: z.string(),
  accountId: z.string(),
  region: z.string(),
  /** Commit that the stack was synthesized from. */
  commit: z.string(),
  /** The build that made the plan. */
  build: z.string(),
  createdAt: z.iso.datetime(),
  terraformVersion: z.string(),
  images: z.strictObject({ manager: image, prover: image }),
  state: stateIdentitySchema,
  /** SHA-256 of every other file of the folder, by its path. */
  files: z.record(z.string(), hash),
});

/**
 * What a saved plan is of. Its own SHA-256 stands for the whole folder, since it has those of all other files: it is the
 * `PLAN_SHA256` that goes through the approval.
 */
export type PlanRecord = z.infer<typeof recordSchema>;

export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

/** SHA-256 of every file of a folder but the record, by path, in the order of the paths. */
export async function hashFiles(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => name !== planFiles.record)
    .sort();
  const hashes = names.map(async (name) => [name, sha256(await readFile(path.join(folder, name)))] as const);
  return Object.fromEntries(await Promise.all(hashes));
}

/** A record as it is written: always the same bytes for the same record. */
export const recordText = (record: PlanRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** A folder's record, and its SHA-256. */
export interface ReadRecord {
  readonly record: PlanRecord;
  readonly sha256: string;
}

/** @throws DeliveryRefusedError where there is no record, or none that can be understood */
export async function readRecord(folder: string): Promise<ReadRecord> {
  const file = path.join(folder, planFiles.record);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new DeliveryRefusedError(`There is no saved plan in ${folder}: ${planFiles.record} is missing. Plan again.`, {
      cause,
    });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new DeliveryRefusedError(`${file} is not JSON. Plan again.`, { cause });
  }
  const { success, data, error } = recordSchema.safeParse(content);
  if (!success)
    throw new DeliveryRefusedError(`${file} is not the record of a plan: ${z.prettifyError(error)}. Plan again.`);
  return { record: data, sha256: sha256(text) };
}
