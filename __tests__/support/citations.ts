import { existsSync, readFileSync } from 'node:fs';
import { anchorsOf, headingsOf } from './markdown';

/** A document that code or a page names, from the root of the repository: `docs/facts/<page>.md#<section>`. */
const citation = /(?<![\w./-])([\w./-]+\.md)(#[\w-]*)?/g;

/** Forms that name a document that no reader can open. */
const unreadable: readonly (readonly [RegExp, string])[] = [
  [/\.md(?:#[\w-]+)?,? (?:[A-D]?\d|section|row|fact|table of)/i, 'names a place by number; name the heading'],
  [/\b[Tt]he design\b|\(design\b|\bdesign(?:'s)? (?:section )?\d/, 'cites a design; name a page of docs/'],
  [/\(facts?,? \d|\b[Tt]he facts\b|\bfacts? \d/, 'cites facts; name a page of docs/facts/'],
];

export interface CitationProblem {
  readonly line: number;
  readonly text: string;
  readonly problem: string;
}

/** Pages with several sections: a citation has to name one. */
const hasSections = (text: string): boolean => [...text.matchAll(/^## /gm)].length > 1;

/** What is wrong with a citation of this file and section, if anything. */
function problemOf(file: string, section: string | undefined): string | undefined {
  if (!existsSync(file)) return 'there is no such file; paths start at the root of the repository';
  const text = readFileSync(file, 'utf8');
  if (section === undefined)
    return file.startsWith('docs/facts/') && hasSections(text) ? 'names no section; add #<heading>' : undefined;
  return anchorsOf(text).has(section.slice(1)) ? undefined : `has no heading ${section}`;
}

/** The same for people, as messages have it: `docs/<page>.md, "<Heading>"`, which may go on in the next line. */
const titled = /(?<![\w./-])([\w./-]+\.md),\s+\\?"((?:[^"\\]|\n)+?)\\?"/g;

/** A text whose lines that one string or comment is broken into stand in one, line by line as many as before. */
const joined = (code: string): string =>
  code.replace(/['"`]? ?\+?\n\s*(?:\*|\/\/|#|['"`])? ?/g, (gap) => (gap.includes('\n') ? '\n' : gap));

const titleProblems = (code: string): CitationProblem[] => {
  const text = joined(code);
  return [...text.matchAll(titled)].flatMap((match) => {
    const [whole, file = '', broken = ''] = match;
    const title = broken.replace(/\s+/g, ' ');
    // The section that is filled in later is looked at where it is whole, in the synthesized stacks.
    if (title.includes('${')) return [];
    const problem = !existsSync(file)
      ? 'there is no such file; paths start at the root of the repository'
      : headingsOf(readFileSync(file, 'utf8')).has(title)
        ? undefined
        : `has no heading "${title}"`;
    const line = text.slice(0, match.index).split('\n').length;
    return problem === undefined ? [] : [{ line, text: whole.replace(/\s+/g, ' '), problem }];
  });
};

/** Citations in a file of code that a reader could not follow, and other forms of citing that no test can check. */
export function citationProblems(code: string): CitationProblem[] {
  return [...titleProblems(code), ...lineProblems(code)];
}

function lineProblems(code: string): CitationProblem[] {
  return code.split('\n').flatMap((text, index) => {
    const cited = [...text.matchAll(citation)].flatMap(([whole, file, section]) => {
      const problem = problemOf(file!, section);
      return problem === undefined ? [] : [{ line: index + 1, text: whole, problem }];
    });
    const others = unreadable.flatMap(([form, problem]) => {
      const found = form.exec(text)?.[0];
      return found === undefined ? [] : [{ line: index + 1, text: found, problem }];
    });
    return [...cited, ...others];
  });
}
