import { cp, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { DeliveryRefusedError, listed } from '../problem';
import { hashFiles, planFiles, readRecord, type PlanRecord, type ReadRecord } from './record';

/** A saved plan as it was received: a private copy, which is what is checked and what is applied. */
export interface ReceivedPlan extends ReadRecord {
  /** The copy. */
  readonly folder: string;
  /** SHA-256 of the copy's files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders of the copy that hold no file of the record. */
  readonly strayFolders: readonly string[];
}

/**
 * Copies a saved plan, and reads the copy. What is checked is so what is applied, whatever becomes of the received folder
 * in between.
 *
 * @param folder where the pipeline left the plan
 * @param copy where the copy goes; what was there is removed
 * @throws DeliveryRefusedError where there is no plan, or the folder has anything but files and folders
 */
export async function receivePlan(folder: string, copy: string): Promise<ReceivedPlan> {
  await expectPlainFiles(folder);
  await rm(copy, { recursive: true, force: true });
  await mkdir(path.dirname(copy), { recursive: true });
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true }).catch((cause: unknown) => {
    throw new DeliveryRefusedError(`The saved plan in ${folder} can not be copied to ${copy}: ${String(cause)}.`, {
      cause,
    });
  });
  // Again: a file may have become a link since the first look, and links are copied as links.
  const folders = await expectPlainFiles(copy);
  const read = await readRecord(copy);
  return { ...read, folder: copy, files: await hashFiles(copy), strayFolders: stray(folders, read.record) };
}

/**
 * @returns every folder below the given one
 * @throws DeliveryRefusedError with all entries that are neither file nor folder: a plan is made of nothing else, and a link
 *   could lead out of the artifact
 */
async function expectPlainFiles(folder: string): Promise<readonly string[]> {
  const top = await lstat(folder).catch(() => undefined);
  if (top === undefined)
    throw new DeliveryRefusedError(`There is no saved plan in ${folder}: ${planFiles.record} is missing. Plan again.`);
  if (!top.isDirectory()) throw new DeliveryRefusedError(`${folder} is not a folder. Give the folder of a saved plan.`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const name = ({ parentPath, name: own }: (typeof entries)[number]) =>
    path.relative(folder, path.join(parentPath, own));
  const others = entries.filter((entry) => !entry.isFile() && !entry.isDirectory());
  if (others.length > 0)
    throw new DeliveryRefusedError(
      `The saved plan in ${folder} has entries that are neither files nor folders, such as links:` +
        `${listed(others.map(name).sort())}\nFind out in CloudTrail who wrote to the artifact bucket, then plan again.`,
    );
  return entries.filter((entry) => entry.isDirectory()).map(name);
}

const stray = (folders: readonly string[], { files }: PlanRecord): readonly string[] =>
  folders.filter((folder) => !Object.keys(files).some((file) => file.startsWith(`${folder}${path.sep}`))).sort();
