const levels = ['error', 'warn', 'info', 'debug', 'trace'] as const;
type Level = (typeof levels)[number];

const isLevel = (text: string): text is Level => (levels as readonly string[]).includes(text);

/**
 * What is wrong with a value of `RUST_LOG`, with the fix; undefined where nothing is. It is a list of levels and of
 * `<target>=<level>` (crate `tracing-subscriber`, `EnvFilter`): a word that is no level would be taken for a target, and
 * suppress everything else. Alarms count lines of the broker down to `info` (docs/facts/log-patterns.md).
 */
export function logLevelProblem(value: string): string | undefined {
  const parts = value.split(',').map((part) => part.split('='));
  const wrong = parts.find(
    ([first = '', level, ...more]) =>
      more.length > 0 || !(level === undefined ? isLevel(first) : /^[a-z0-9_:]+$/.test(first) && isLevel(level)),
  );
  if (wrong !== undefined)
    return `has ${JSON.stringify(wrong.join('='))}, which is neither a level nor <target>=<level>; use ${levels.join(', ')}`;
  const silent = ['broker::reaper', 'boundless_market::contracts'].find((target) => !lets(parts, target));
  return silent === undefined
    ? undefined
    : `suppresses lines of ${silent} that alarms count; let info through, for example info or info,sqlx=warn`;
}

/** Whether a target's `info` gets through: the longest name that it starts with decides, else the level without a name. */
function lets(parts: readonly (readonly string[])[], target: string): boolean {
  const [level] = parts
    .map(([first = '', own]) => (own === undefined ? { name: '', level: first } : { name: first, level: own }))
    .filter(({ name }) => target.startsWith(name))
    .sort((one, other) => other.name.length - one.name.length)
    .map((part) => part.level);
  return level !== undefined && levels.indexOf(level as Level) >= levels.indexOf('info');
}
