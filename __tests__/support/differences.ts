type Leaves = ReadonlyMap<string, string>;

/** What names an item of a list, whatever its place: other items may come and go before it. */
function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return JSON.stringify(item);
  const { Sid, sid, name, key, title, alarm_name: alarmName } = item as Readonly<Record<string, unknown>>;
  const given = Sid ?? sid ?? alarmName ?? name ?? key ?? title;
  return typeof given === 'string' ? given : undefined;
}

/** Every value that is no object or list, by its path; of a list also the order of its items, at `[]`. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Leaves {
  if (Array.isArray(value)) {
    const names: string[] = [];
    for (const [index, item] of value.entries()) {
      const name = nameOf(item) ?? String(index);
      const place = names.includes(name) ? `${name}, ${index}` : name;
      names.push(place);
      // Its name is all of a text or number.
      if (typeof item === 'object' && item !== null) leaves(item, `${path}[${place}]`, found);
      else found.set(`${path}[${place}]`, '');
    }
    found.set(`${path}[]`, JSON.stringify(names));
  } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    for (const [key, member] of Object.entries(value)) leaves(member, path === '' ? key : `${path}.${key}`, found);
  else found.set(path, JSON.stringify(value));
  return found;
}

/** Whether two lists have other items; then these are differences of their own, and their order is none. */
const haveOtherItems = (one = '[]', two = '[]'): boolean => {
  const items = (names: string) => (JSON.parse(names) as string[]).sort().join();
  return items(one) !== items(two);
};

/** Lines where another document differs from the first: `-` only in the first, `+` only in the other. */
export function differences(first: unknown, other: unknown): readonly string[] {
  const [before, after] = [leaves(first), leaves(other)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const [one, two] = [before.get(path), after.get(path)];
    if (one === two) return [];
    if (path.endsWith('[]') && haveOtherItems(one, two) && one !== '[]' && two !== '[]') return [];
    const line = (sign: string, value?: string) =>
      value === undefined ? [] : [`${sign} ${path}${value === '' ? '' : `: ${value}`}`];
    return [...line('-', one), ...line('+', two)];
  });
}
