/** Thrown where a check reads a value that is wrong by itself; `whereReadable` catches it. */
class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

const originals = new WeakMap<object, unknown>();

/**
 * The input, as checks that compare values read it: a check that reads a value that is wrong by itself is stopped, so that a check
 * may trust the types although other parts of the input are wrong.
 *
 * @param wrong paths to values that are wrong, such as `environments.0.region`; '' is the input as a whole
 */
export function readable<T extends object>(input: T, wrong: ReadonlySet<string>): T {
  return guarded(input, '', wrong) as T;
}

function guarded(value: unknown, path: string, wrong: ReadonlySet<string>): unknown {
  if (wrong.has(path)) throw new UnreadableError(path);
  if (typeof value !== 'object' || value === null) return value;
  const proxy = new Proxy(value, {
    get: (target, key, receiver) => {
      const inner: unknown = Reflect.get(target, key, receiver);
      return typeof key === 'symbol' || typeof inner === 'function'
        ? inner
        : guarded(inner, path === '' ? key : `${path}.${key}`, wrong);
    },
  });
  originals.set(proxy, value);
  return proxy;
}

/** The value itself, where `readable` has put itself around it. */
export const original = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && originals.has(value) ? originals.get(value) : value;

/** What a check finds; nothing where it needs a value that is wrong by itself, which is reported already. */
export function whereReadable<T>(check: () => readonly T[]): readonly T[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof UnreadableError) return [];
    throw error;
  }
}
