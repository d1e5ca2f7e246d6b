// As a namespace, for the bundler: see event.ts.
import * as z from 'zod';
import { imageKinds } from '../../../config/names';
import { InvalidCommandError } from '../errors';
import { imageIdForm } from '../events/image-variables';
import type { Settings } from '../settings';

const imageId = z.string().regex(imageIdForm, 'is no image id; give one such as ami-1234567890abcdef0');
const accountId = z.string().regex(/^\d{12}$/, 'is no account id; give the 12 digits of a service account');
const dryRun = z.boolean().default(false);

/**
 * What an operator (`cli/sharing`) or the schedule asks for. Unlike events, commands are strict: a misspelt `dryRun`
 * must not become the real thing.
 */
const schema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('reconcile'), dryRun }),
  z.strictObject({ command: z.literal('preflight') }),
  z.strictObject({
    command: z.literal('withdraw'),
    imageId,
    /** It becomes the value of a tag, with the characters that EC2 takes there (EC2 User Guide, "Tag restrictions"). */
    reason: z
      .string()
      .trim()
      .regex(
        /^[\p{L}\p{N} +\-=._:/@]{1,256}$/u,
        'is no reason; give 1 to 256 letters, digits, spaces or any of + - = . _ : / @',
      ),
    dryRun,
  }),
  z.strictObject({ command: z.literal('pin'), accountId, imageId, dryRun }),
  z.strictObject({
    command: z.literal('unpin'),
    accountId,
    kind: z.enum(imageKinds, `is no kind of image; use one of ${imageKinds.join(', ')}`),
    dryRun,
  }),
]);

export type Command = z.infer<typeof schema>;

/** Whether the input wants to be a command, which no event does. */
export const isCommand = (input: unknown): boolean =>
  typeof input === 'object' && input !== null && Object.hasOwn(input, 'command');

/**
 * Checks the form of a command, for its senders as well: what is wrong is known before anything is called.
 *
 * @throws InvalidCommandError that names every field that is wrong
 */
export function checkedCommand(input: unknown): Command {
  const { success, data, error } = schema.safeParse(input);
  if (!success)
    throw new InvalidCommandError(
      error.issues.map(({ path, message }) => `${path.join('.') || 'the command'} ${message}`),
    );
  return data;
}

/**
 * Reads a command.
 *
 * @throws InvalidCommandError that names every field that is wrong, or a service account that is not configured
 */
export function parseCommand(input: unknown, { serviceAccountIds }: Settings): Command {
  const data = checkedCommand(input);
  if ('accountId' in data && !serviceAccountIds.includes(data.accountId))
    throw new InvalidCommandError([`accountId ${data.accountId} is none of the configured service accounts`]);
  return data;
}
