import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { OperatorError } from '../common/errors';

/** What is read of a state (Terraform, "State": format version 4). */
const stateSchema = z.object({
  serial: z.number(),
  lineage: z.string(),
  resources: z.array(
    z.object({
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(z.object({ attributes: z.object({ id: z.string().nullish() }).optional() })),
    }),
  ),
});

/** A state as `terraform state pull` prints it; none where nothing was applied yet. */
export interface State {
  readonly text: string;
  readonly serial: number;
  /** Ids of the resources, by address. */
  readonly ids: ReadonlyMap<string, string>;
}

/**
 * @param what names the state in errors
 * @throws OperatorError when the text is no state
 */
export function parseState(text: string, what: string): State {
  if (text.trim() === '') return { text: '', serial: 0, ids: new Map() };
  let content: z.infer<typeof stateSchema>;
  try {
    content = stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new OperatorError(
      `${what} is no state of Terraform: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const managed = content.resources.filter(({ mode }) => mode === 'managed');
  return {
    text,
    serial: content.serial,
    ids: new Map(managed.map(({ type, name, instances }) => [`${type}.${name}`, instances[0]?.attributes?.id ?? ''])),
  };
}

/**
 * The next version of a state, whatever Terraform counted on the way to it: `terraform state mv` raises the serial each
 * time, and `terraform state push` refuses only a serial that is lower, or the same one with other content. With one more
 * than what was read, it refuses to write over any change from meanwhile.
 *
 * @param text as Terraform writes it: only what is at the top is indented by two spaces
 */
export const following = (text: string, { serial }: State): string =>
  text.replace(/^ {2}"serial": \d+,$/m, `  "serial": ${serial + 1},`);

export const readState = (file: string): State => parseState(readFileSync(file, 'utf8'), file);
