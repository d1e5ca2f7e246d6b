/** One character of a pattern, or any number of them; `not` are characters that it never stands for. */
interface Token {
  readonly literal?: string;
  readonly many: boolean;
  readonly not: string;
}

/** A pattern as IAM reads it: `*` is any text, `?` any character. */
const ofPattern = (pattern: string): Token[] =>
  Array.from(pattern, (character) =>
    character === '*' || character === '?'
      ? { many: character === '*', not: '' }
      : { literal: character, many: false, not: '' },
  );

/** The form of an ARN, such as `image/${ImageId}`: a placeholder is at least one character. */
const ofForm = (form: string, not: (placeholder: string) => string): Token[] =>
  form.split(/(\$\{\w+\})/).flatMap((part) => {
    const placeholder = /^\$\{(\w+)\}$/.exec(part)?.[1];
    if (placeholder === undefined) return Array.from(part, (literal) => ({ literal, many: false, not: '' }));
    return [false, true].map((many) => ({ many, not: not(placeholder) }));
  });

const fits = (a: Token, b: Token): boolean =>
  a.literal === undefined
    ? b.literal === undefined || !a.not.includes(b.literal)
    : b.literal === undefined
      ? !b.not.includes(a.literal)
      : a.literal === b.literal;

/** Whether there is a text that both stand for. */
function meet(a: readonly Token[], b: readonly Token[]): boolean {
  const known = new Map<number, boolean>();
  const from = (i: number, j: number): boolean => {
    const at = i * (b.length + 1) + j;
    const before = known.get(at);
    if (before !== undefined) return before;
    known.set(at, false);
    const [x, y] = [a[i], b[j]];
    const found =
      (x === undefined && y === undefined) ||
      (x?.many === true && from(i + 1, j)) ||
      (y?.many === true && from(i, j + 1)) ||
      (x !== undefined && y !== undefined && fits(x, y) && from(x.many ? i : i + 1, y.many ? j : j + 1));
    known.set(at, found);
    return found;
  };
  return from(0, 0);
}

/** An ARN's six parts; the last may hold colons. */
const partsOf = (arn: string): string[] => {
  const [arnPrefix = '', partition = '', service = '', region = '', account = '', ...resource] = arn.split(':');
  return [arnPrefix, partition, service, region, account, resource.join(':')];
};

/**
 * Whether an ARN of this form can match a policy's pattern. A wildcard does not reach beyond its part of the ARN (IAM
 * User Guide, "IAM JSON policy elements: Resource").
 *
 * @param not the characters that a placeholder never stands for
 */
export function arnFits(pattern: string, form: string, not: (placeholder: string) => string): boolean {
  if (pattern === '*') return true;
  const forms = partsOf(form.replace('${Partition}', 'aws'));
  return partsOf(pattern).every((part, index) => meet(ofPattern(part), ofForm(forms[index] ?? '', not)));
}

/** Whether a text matches a pattern of IAM, whatever the case of its letters. */
export const matches = (pattern: string, text: string): boolean =>
  meet(ofPattern(pattern.toLowerCase()), ofPattern(text.toLowerCase().replace(/[*?]/g, '_')));
