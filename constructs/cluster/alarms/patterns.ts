/**
 * A condition of a filter pattern for JSON: a field is this text, in which an asterisk at the start or the end stands for
 * any text (Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters"). The fields are those that
 * `service_files/vector.yaml` ships.
 */
export const is = (field: 'unit' | 'level' | 'message', text: string): string => `($.${field} = "${text}")`;

/** The message has this text somewhere. */
export const contains = (text: string): string => is('message', `*${text}*`);

/** The message has this text nowhere. */
export const lacks = (text: string): string => `($.message != "*${text}*")`;

/** The message matches an expression of CloudWatch's own kind, which knows no groups. A log group takes five of these. */
export const matches = (expression: string): string => `($.message = %${expression}%)`;

export const all = (...conditions: readonly string[]): string => conditions.join(' && ');
export const any = (...conditions: readonly string[]): string =>
  conditions.length === 1 ? conditions.join('') : `(${conditions.join(' || ')})`;

/** The whole pattern. */
export const pattern = (condition: string): string => `{ ${condition} }`;
