/** GitHub's anchor of a heading: lower case, punctuation removed, spaces as hyphens. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

/** A document without its fenced blocks, in which `#` starts a comment and not a heading. */
const withoutCode = (text: string): string => text.replace(/^( *)```[^]*?^\1```$/gm, '');

/** Anchors that a link to this document may name; a heading that comes twice gets `-1` the second time, as on GitHub. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(text).matchAll(/^#{1,6} (.*)$/gm)) {
    const anchor = anchorOf(heading!.trim());
    let [unique, count] = [anchor, 0];
    while (anchors.has(unique)) unique = `${anchor}-${++count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Headings as they are read, without backticks. */
export const headingsOf = (text: string): ReadonlySet<string> =>
  new Set([...withoutCode(text).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => heading!.trim().replaceAll('`', '')));

export interface Link {
  readonly line: number;
  /** Path as it is written; empty for a link within the document. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Links of a document to files and headings, web addresses left out; definitions such as `[name]: path` too. */
export function linksOf(text: string): Link[] {
  const prose = text.replace(/^( *)```[^]*?^\1```$/gm, (block) => block.replace(/[^\n]/g, ''));
  return [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: +(\S+)/gm)]
    .map((match) => ({ target: match[1] ?? match[2]!, line: prose.slice(0, match.index).split('\n').length }))
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target))
    .map(({ target, line }) => {
      const [path = '', anchor] = target.split('#');
      return { line, path, anchor };
    });
}
