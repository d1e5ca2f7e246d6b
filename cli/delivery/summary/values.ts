import type { Change } from './changes';
import type { Hides } from './secrets';

/** Stands for what must not be shown. */
const hidden = '(sensitive)';
const unknown = '(known after apply)';
/** Longer texts are mentioned, and not shown. */
const longest = 120;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether anything in a tree of marks is marked. */
const marked = (marks: unknown): boolean =>
  marks === true ||
  (Array.isArray(marks) && marks.some(marked)) ||
  (isObject(marks) && Object.values(marks).some(marked));

/** A value in one line; nothing of it where any part of it is marked as sensitive, or is hidden. */
export function show(value: unknown, sensitive: unknown, hides: Hides, isUnknown: unknown = false): string {
  if (marked(sensitive)) return hidden;
  if (marked(isUnknown)) return unknown;
  if (value === undefined || value === null) return '(nothing)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (hides(text)) return hidden;
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ');
  return line.length > longest ? `(${line.length} characters)` : line;
}

/** Before and after of a whole value. */
export function showChange(change: Change, hides: Hides): { readonly before: string; readonly after: string } {
  const { before, after, before_sensitive: was, after_sensitive: is, after_unknown: isUnknown } = change;
  // A value that becomes sensitive was so before, for the reader of a summary, and the other way round.
  return {
    before: show(before, marked(is) ? is : was, hides),
    after: show(after, marked(was) ? was : is, hides, isUnknown),
  };
}

/** One argument of a resource that changes. */
export interface ChangedArgument {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const at = (value: unknown, name: string): unknown =>
  isObject(value) ? value[name] : value === true ? true : undefined;

/** The arguments of a resource that differ between before and after, sorted by name. */
export function changedArguments(change: Change, hides: Hides): readonly ChangedArgument[] {
  const names = new Set(
    [change.before, change.after, change.after_unknown].flatMap((v) => (isObject(v) ? Object.keys(v) : [])),
  );
  return [...names].sort().flatMap((name) => {
    const of = (value: unknown): unknown => at(value, name);
    const part: Change = {
      actions: change.actions,
      before: of(change.before),
      after: of(change.after),
      after_unknown: of(change.after_unknown),
      before_sensitive: of(change.before_sensitive),
      after_sensitive: of(change.after_sensitive),
    };
    const same = JSON.stringify(part.before ?? null) === JSON.stringify(part.after ?? null);
    return same && !marked(part.after_unknown) ? [] : [{ name, ...showChange(part, hides) }];
  });
}
