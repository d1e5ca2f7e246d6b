// As a namespace, for the bundler: see lambda/packer-ami-sharing/events/event.ts.
import * as z from 'zod';
import { InvalidCommandError } from '../errors';

const dryRun = z.boolean().default(false);

/** What the schedule or an operator asks for. Strict: a misspelt `dryRun` must not become the real thing. */
const schema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('retire'), dryRun }),
  z.strictObject({
    command: z.literal('undo'),
    imageId: z.string().regex(/^ami-[0-9a-f]{8,17}$/, 'is no image id; give one such as ami-1234567890abcdef0'),
    dryRun,
  }),
]);

export type Command = z.infer<typeof schema>;

/**
 * Checks a command, for its senders as well: what is wrong is known before anything is called.
 *
 * @throws InvalidCommandError that names every field that is wrong
 */
export function checkedCommand(input: unknown): Command {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data;
  throw new InvalidCommandError(
    error.issues.map(({ path, message }) => `${path.join('.') || 'the command'} ${message}`),
  );
}
