/** What an operator can put right. The message names what was found and what to do, and is printed without a trace. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}
