import { IncompleteAnswerError } from '../errors';

/** A list of AWS in pages: what is called, and where its answers have the items and the token of the next page. */
export interface Paged<Output, Item> {
  /** The action, for errors. */
  readonly action: string;
  readonly send: (token: string | undefined) => Promise<Output>;
  /** Undefined where the answer has no list at all. */
  readonly items: (output: Output) => readonly Item[] | undefined;
  readonly next: (output: Output) => string | undefined;
}

/**
 * Every item of a list, page by page. An empty list is an answer. An answer without its list is none, and neither is a
 * page that leads to one that was read: a decision by this list must not take them for "there is nothing more".
 *
 * @throws IncompleteAnswerError, or what a call threw
 */
export async function* everyPage<Output, Item>(paged: Paged<Output, Item>): AsyncGenerator<readonly Item[]> {
  const { action, send, items, next } = paged;
  const read = new Set<string>();
  let token: string | undefined;
  for (;;) {
    const output = await send(token);
    const page = items(output);
    if (page === undefined) throw new IncompleteAnswerError(action, 'it has no list');
    yield page;
    const following = next(output);
    token = following === '' ? undefined : following;
    if (token === undefined) return;
    if (read.has(token)) throw new IncompleteAnswerError(action, 'its pages lead in a circle');
    read.add(token);
  }
}

/** Every item of a list at once, for lists that are short. */
export async function everyItem<Output, Item>(paged: Paged<Output, Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const page of everyPage(paged)) all.push(...page);
  return all;
}
