import { OperatorError } from '../common/errors';

/** Something that an operator can put right: the message names what was found and what to do. */
export class DeliveryRefusedError extends OperatorError {
  override readonly name = 'DeliveryRefusedError';
}

/** The text of a list of problems, one a line. */
export const listed = (problems: readonly string[]): string => problems.map((problem) => `\n  - ${problem}`).join('');
