/** Something that an operator can put right: the message says what was found, and what to do. */
export class DeliveryRefused extends Error {
  override readonly name = 'DeliveryRefused';
}

/** The text of a list of problems, one a line. */
export const listed = (problems: readonly string[]): string => problems.map((problem) => `\n  - ${problem}`).join('');
