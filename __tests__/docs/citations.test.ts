import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { citationProblems } from '../support/citations';
import { anchorsOf, linksOf } from '../support/markdown';
import { files, markdown, textOf } from '../../lab/common/repository';

/** These have citations that are wrong on purpose, or name the form of one. */
const aboutCitations = new Set(['__tests__/docs/citations.test.ts', '__tests__/support/citations.ts']);

/** Names of documents that are no citations: what programs write, and examples; each must still stand somewhere. */
const noCitations = new Set([
  '.web-docs/README.md',
  'packer/README.md',
  'same.md',
  'scripts.md',
  'service_files.md',
  'summary.md',
]);

const isCitation = ({ text }: { readonly text: string }): boolean => !noCitations.has(text);

const at = (file: string, line: number, rest: string): string => `${file}:${line}: ${rest}`;

test('each citation in code names a page and a section that are there', () => {
  const code = files.filter((file) => !file.endsWith('.md') && !aboutCitations.has(file));
  expect(code.length).toBeGreaterThan(400);
  expect(
    code.flatMap((file) =>
      citationProblems(textOf(file))
        .filter(isCitation)
        .map(({ line, text, problem }) => at(file, line, `${text} ${problem}`)),
    ),
  ).toEqual([]);
});

test('each link of each page leads to a file and a heading that are there', () => {
  expect(markdown.flatMap((file) => linksOf(textOf(file))).length).toBeGreaterThan(100);
  const broken = markdown.flatMap((file) =>
    linksOf(textOf(file)).flatMap((link) => {
      const target = link.path === '' ? file : path.join(path.dirname(file), link.path);
      if (!existsSync(target)) return [at(file, link.line, `${target} is not there`)];
      if (link.anchor === undefined) return [];
      if (statSync(target).isDirectory() || !target.endsWith('.md'))
        return [at(file, link.line, `${target} has no headings`)];
      return anchorsOf(textOf(target)).has(link.anchor)
        ? []
        : [at(file, link.line, `${target} has no heading #${link.anchor}`)];
    }),
  );
  expect(broken).toEqual([]);
});

test('pages cite nothing that is not there either', () => {
  // A link's target is relative to its page, and was looked at above.
  const prose = (text: string): string => text.replace(/\]\([^)\s]+\)/g, ']');
  const problems = markdown.flatMap((file) =>
    citationProblems(prose(textOf(file)))
      .filter(isCitation)
      .map(({ line, text, problem }) => at(file, line, `${text} ${problem}`)),
  );
  expect(problems).toEqual([]);
});

test('each name that is no citation still stands somewhere', () => {
  const everything = files.filter((file) => !aboutCitations.has(file)).map((file) => textOf(file));
  for (const name of noCitations) expect([name, everything.some((text) => text.includes(name))]).toEqual([name, true]);
});

test('each page of facts is cited or linked', () => {
  const everything = files.map((file) => textOf(file)).join('\n');
  for (const page of markdown.filter((file) => file.startsWith('docs/facts/')))
    expect([page, everything.includes(page) || everything.includes(`facts/${path.basename(page)}`)]).toEqual([
      page,
      true,
    ]);
});

test.each([
  ['a bare name', '// static keys only (bento.md 1.3)', 'there is no such file'],
  ['a number in place of a heading', '// see docs/facts/bento.md 1.3', 'names a place by number'],
  ['no section', '// static keys only (docs/facts/bento.md)', 'names no section'],
  ['a section that is not there', '// docs/facts/bento.md#storage', 'has no heading #storage'],
  ['a page that is not there', '// docs/facts/bentos.md#storage-keys', 'there is no such file'],
  ['a design', '// the same everywhere (design, section 4)', 'cites a design'],
  ['"the design"', '// as the design has it', 'cites a design'],
  ['a title that is no heading', '\'It is gone (docs/sharing.md, "Nothing").\'', 'has no heading "Nothing"'],
  ['a broken title', "'docs/runbook.md, \"A smoke ' +\n  'test\".'", 'has no heading "A smoke test"'],
  ['"the facts"', '// (facts, 2.2)', 'cites facts'],
])('a citation of %s is refused', (_, code, problem) => {
  expect(citationProblems(code).map((found) => found.problem)).toEqual(
    expect.arrayContaining([expect.stringContaining(problem)]),
  );
});

test('a citation that can be followed is taken', () => {
  for (const code of [
    '// static keys only (docs/facts/bento.md#storage-keys), docs/names.md.',
    '/** docs/sharing.md, "Events". */',
    "'See docs/runbook.md, \"A smoke test that ' +\n  'fails\".'",
    'failed "see docs/sharing.md, \\"Events\\""',
  ])
    expect(citationProblems(code)).toEqual([]);
});

test('anchors are those of GitHub', () => {
  const text = '# A `code`, and more\n\n## Twice\n\n```bash\n# no heading\n```\n\n## Twice\n\n## Keys of broker.toml\n';
  expect([...anchorsOf(text)]).toEqual(['a-code-and-more', 'twice', 'twice-1', 'keys-of-brokertoml']);
});
