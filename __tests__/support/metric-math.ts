/** What CloudWatch's metric math makes of one period (CloudWatch User Guide, "Using metric math"); no value is undefined. */
type Value = number | undefined;

const token = /\s*(\d+(?:\.\d+)?|[a-z][a-zA-Z0-9_]*|IF|FILL|AND|CEIL|MAX|[-+*/<>(),[\]])/y;

function tokens(expression: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < expression.trimEnd().length) {
    const at = token.lastIndex;
    const next = token.exec(expression)?.[1];
    if (next === undefined) throw new Error(`no metric math that this knows: ${expression.slice(at)}`);
    found.push(next);
  }
  return found;
}

const both = (a: Value, b: Value, apply: (a: number, b: number) => number): Value =>
  a === undefined || b === undefined ? undefined : apply(a, b);

const operators: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { AND: (a, b) => Number(a !== 0 && b !== 0) },
  { '<': (a, b) => Number(a < b), '>': (a, b) => Number(a > b) },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b },
];

/** The value of an expression. What is missing makes everything missing that needs it; FILL puts a value in its place. */
export function evaluate(expression: string, operands: Readonly<Record<string, Value>>): Value {
  const left = tokens(expression);
  const take = (expected?: string): string => {
    const next = left.shift();
    if (next === undefined || (expected !== undefined && next !== expected))
      throw new Error(`${expression}: ${next ?? 'its end'} where ${expected ?? 'more'} was expected`);
    return next;
  };
  const list = (open = '(', close = ')'): Value[] => {
    take(open);
    const values = [level(0)];
    while (left[0] === ',') {
      take(',');
      values.push(level(0));
    }
    take(close);
    return values;
  };
  function level(depth: number): Value {
    const known = operators[depth];
    if (known === undefined) return single();
    let value = level(depth + 1);
    for (let apply = known[left[0] ?? '']; apply !== undefined; apply = known[left[0] ?? '']) {
      take();
      value = both(value, level(depth + 1), apply);
    }
    return value;
  }
  function single(): Value {
    if (left[0] === '(') return list()[0];
    const next = take();
    if (next === '-') return both(0, single(), (a, b) => a - b);
    if (next === 'IF') {
      const [condition, yes, no] = list();
      if (condition === undefined) return undefined;
      return condition !== 0 ? yes : no;
    }
    if (next === 'FILL') {
      const [value, otherwise] = list();
      return value ?? otherwise;
    }
    if (next === 'CEIL') {
      const [value] = list();
      return value === undefined ? undefined : Math.ceil(value);
    }
    if (next === 'MAX') {
      take('(');
      const values = list('[', ']');
      take(')');
      return values.reduce((most, value) => both(most, value, Math.max));
    }
    if (/^\d/.test(next)) return Number(next);
    if (!(next in operands)) throw new Error(`${expression}: ${next} is no operand`);
    return operands[next];
  }
  const value = level(0);
  if (left.length > 0) throw new Error(`${expression}: ${left.join(' ')} is left over`);
  return value;
}
