import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { codeBuildProjects, functions, logGroups, roles } from '../config/names';

const read = (file: string) => readFileSync(file, 'utf8');
const makefile = read('Makefile');
const documents = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((file) => [file, read(file)] as const);

describe.each(documents)('%s', (_, text) => {
  test('names only targets that the Makefile has', () => {
    const named = [...text.matchAll(/(?:`|^ *|\b[A-Z_]+=[\w-]+ +)make ([a-z-]+)/gm)].map(([, target]) => target!);
    for (const target of new Set(named)) expect(makefile).toMatch(new RegExp(`^${target}:`, 'm'));
  });

  test('names only files that are there', () => {
    const files = [
      ...text.matchAll(/`((?:config|constructs|stacks|tools|packer|scripts|lambda|docs|__tests__)\/[\w./-]*\w)`/g),
    ].map(([, named]) => named!);
    for (const named of new Set(files)) expect([named, existsSync(named)]).toEqual([named, true]);
  });
});

test('docs/names.md has the names that people type', () => {
  const names = read('docs/names.md');
  for (const name of [
    codeBuildProjects.packer,
    functions.sharing,
    roles.packerBuild,
    logGroups.lambda(functions.sharing),
  ])
    expect(names).toContain(`\`${name}\``);
});

test('every script of the Makefile is one of package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const [, script] of makefile.matchAll(/npm run --silent ([a-z-]+)/g))
    expect(Object.keys(scripts)).toContain(script);
  for (const command of Object.values(scripts))
    for (const [entry] of command.matchAll(/(?<=run\.mjs )[\w/-]+\.ts\b/g))
      expect([entry, existsSync(entry)]).toEqual([entry, true]);
});
