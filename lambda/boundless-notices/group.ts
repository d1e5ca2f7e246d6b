import { fact, noThread, timings, type Fact, type Notice } from './notice';
import { cut } from './text';

/** A notice of one event; `time` is the event's. */
export interface Outcome {
  readonly notice: Notice;
  readonly time: Date;
}

/** One message, and the outcomes that it is sent for. */
export interface Grouped<T extends Outcome> {
  readonly notice: Notice;
  readonly outcomes: readonly T[];
}

/** As many different notices of one title are sent one by one; more become one. */
export const mostOfOneTitle = 3;

/** Characters of ids in one fact: a fact is cut at 500. */
const idsLength = 480;
/** Facts that hold ids: a message shows 20 facts. */
const idFacts = 12;

const timeless = ({ facts }: Notice): readonly Fact[] => facts.filter(([name]) => !timings.has(name));

/** What two notices of the same thing share: all but times and durations. */
const contentOf = ({ notice }: Outcome): string =>
  JSON.stringify([notice.severity, notice.title, notice.threadId, timeless(notice), notice.links, notice.nextSteps]);

/**
 * The messages of a batch. Equal notices become one with their number; more than `mostOfOneTitle` different ones of a
 * title become one that names what each is of. Each approval that is asked for keeps its own: a person decides on each.
 */
export function grouped<T extends Outcome>(outcomes: readonly T[]): readonly Grouped<T>[] {
  const equal: readonly Some<T>[] = [...groupedBy(outcomes, contentOf).values()];
  const titles = groupedBy(equal, ([{ notice }]) => JSON.stringify([notice.severity, notice.title]));
  return [...titles.values()].flatMap((groups) => {
    const notices = groups.map(([{ notice }]) => notice);
    const [[{ notice: first }]] = groups;
    return notices.length > mostOfOneTitle && first.severity !== 'ask'
      ? [{ notice: summaryOf(first, notices), outcomes: groups.flat() }]
      : groups.map((group) => ({ notice: counted(group), outcomes: group }));
  });
}

type Some<T> = [T, ...T[]];

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, Some<T>> {
  const groups = new Map<string, Some<T>>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** One notice for equal ones. */
function counted(group: Some<Outcome>): Notice {
  const [{ notice }] = group;
  if (group.length === 1) return notice;
  const times = group.map(({ time }) => time.getTime()).sort((one, other) => one - other);
  const [first, last] = [times[0], times.at(-1)].map((time) => new Date(time ?? 0).toISOString());
  return {
    ...notice,
    title: `${notice.title} (${group.length} times)`,
    facts: [...timeless(notice), ['Between', `${first} and ${last}`]],
  };
}

/** One notice for many of one title: what they share, and the id of each. */
function summaryOf(first: Notice, notices: readonly Notice[]): Notice {
  const shared = timeless(first).filter(([name, value]) =>
    notices.every(({ facts }) => facts.some((other) => other[0] === name && other[1] === value)),
  );
  const { texts, left } = idsOf(notices);
  return {
    ...first,
    title: `${first.title}: ${notices.length} different ones`,
    facts: [
      ...shared.slice(0, 5),
      ...texts.map((text) => ['Of', text] as const),
      ...fact('And', left === 0 ? undefined : `${left} more: the log has all of them ("Published")`),
    ],
    links: first.links.filter(({ url }) => notices.every(({ links }) => links.some((link) => link.url === url))),
    threadId: `summary ${first.title}`,
  };
}

function idsOf(notices: readonly Notice[]): { readonly texts: readonly string[]; readonly left: number } {
  const ids = [...new Set(notices.map(idOf))];
  const texts: string[] = [];
  for (const [index, id] of ids.entries()) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + id.length + 2 <= idsLength) texts[texts.length - 1] = `${last}, ${id}`;
    else if (texts.length < idFacts) texts.push(id);
    else return { texts, left: ids.length - index };
  }
  return { texts, left: 0 };
}

/** What a notice is of; of some outcomes only the reason is known. */
export const idOf = ({ threadId, facts }: Notice): string =>
  cut(threadId === noThread ? (facts.find(([name]) => name === 'Why')?.[1] ?? threadId) : threadId, 100);
