import { InvalidEventError } from '../errors';

/** The variable that a build exports its image's id in (`packer/buildspec.yml`). */
export const imageVariable = 'AMI_ID';

/** `ami-` and 8 hexadecimal digits, or 17 since 2018 (Amazon EC2 User Guide, "Resource IDs"). */
export const imageIdForm = /^ami-[0-9a-f]{8}([0-9a-f]{9})?$/;

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value.length > 32 ? `${value.slice(0, 32)}...` : value)
    : `a ${typeof value}`;

/**
 * The different image ids among a build's variables. An empty value counts as none.
 *
 * @throws InvalidEventError for a value that is not an image id; it shows the start of that value, and no other variable
 */
export function imageIdsAmong(
  variables: readonly { readonly name?: string | undefined; readonly value?: unknown }[] = [],
): readonly string[] {
  const values = variables
    .filter(({ name, value }) => name === imageVariable && value !== '')
    .map(({ value }) => value);
  const ids = values.map((value) => {
    if (typeof value === 'string' && imageIdForm.test(value)) return value;
    throw new InvalidEventError(`${imageVariable} is ${shown(value)}, not an image id such as ami-1234567890abcdef0`);
  });
  return [...new Set(ids)];
}
