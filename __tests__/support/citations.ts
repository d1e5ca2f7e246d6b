import { existsSync, readFileSync } from 'node:fs';
import { anchorsOf } from './markdown';

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

/** Pages with several sections: a citation has to say which. */
const hasSections = (text: string): boolean => [...text.matchAll(/^## /gm)].length > 1;

/** What is wrong with a citation of this file and section, if anything. */
function problemOf(file: string, section: string | undefined): string | undefined {
  if (!existsSync(file)) return 'there is no such file; paths start at the root of the repository';
  const text = readFileSync(file, 'utf8');
  if (section === undefined)
    return file.startsWith('docs/facts/') && hasSections(text) ? 'names no section; add #<heading>' : undefined;
  return anchorsOf(text).has(section.slice(1)) ? undefined : `has no heading ${section}`;
}

/** Citations in a file of code that a reader could not follow, and other forms of citing that no test can check. */
export function citationProblems(code: string): CitationProblem[] {
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
