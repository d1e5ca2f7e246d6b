/** The fields of a line that instances ship. */
export type LogLine = Readonly<Record<string, unknown>>;

const token = /\s*(&&|\|\||[(){}]|!?=|\$\.\w+|"[^"]*"|%(?:[^%])*%)/y;

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Asterisks at the start and at the end stand for any text; one within is not in the guide's examples. */
function matcher(operand: string): RegExp {
  if (operand.startsWith('%')) return new RegExp(operand.slice(1, -1));
  const text = operand.slice(1, -1);
  const [start, end] = [text.startsWith('*'), text.endsWith('*')];
  const middle = text.slice(start ? 1 : 0, end ? -1 : undefined);
  if (middle.includes('*')) throw new Error(`an asterisk within ${operand}`);
  return new RegExp(`${start ? '' : '^'}${escape(middle)}${end ? '' : '$'}`, 's');
}

/**
 * Whether a JSON filter pattern takes a line: the part of the grammar that alarms use (Amazon CloudWatch Logs User Guide,
 * "Using filter patterns to match terms in JSON log events"). Anything else is an error.
 */
export function takes(pattern: string, line: LogLine): boolean {
  const left: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < pattern.trimEnd().length) {
    const at = token.lastIndex;
    const next = token.exec(pattern)?.[1];
    if (next === undefined) throw new Error(`no filter pattern that this knows: ${pattern.slice(at)}`);
    left.push(next);
  }
  const take = (expected?: string): string => {
    const next = left.shift();
    if (next === undefined || (expected !== undefined && next !== expected))
      throw new Error(`${pattern}: ${next ?? 'its end'} where ${expected ?? 'more'} was expected`);
    return next;
  };
  const single = (): boolean => {
    if (left[0] === '(') {
      take('(');
      const value = any();
      take(')');
      return value;
    }
    const field = take();
    const equal = take() === '=';
    const operand = take();
    const value = line[field.slice(2)];
    return (typeof value === 'string' && matcher(operand).test(value)) === equal;
  };
  const all = (): boolean => {
    let value = single();
    while (left[0] === '&&') {
      take();
      value = single() && value;
    }
    return value;
  };
  const any = (): boolean => {
    let value = all();
    while (left[0] === '||') {
      take();
      value = all() || value;
    }
    return value;
  };
  take('{');
  const value = any();
  take('}');
  if (left.length > 0) throw new Error(`${pattern}: ${left.join(' ')} is left over`);
  return value;
}
