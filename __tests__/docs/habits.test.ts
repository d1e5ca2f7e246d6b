import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { markdown, textOf } from '../../lab/common/repository';

const read = (file: string): string => readFileSync(file, 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

interface Buildspec {
  readonly phases: { readonly install: { readonly 'runtime-versions': Readonly<Record<string, number>> } };
}

test('Node.js has one version for pipelines, and one least version', () => {
  const folder = 'tools/delivery/buildspecs';
  const versions = readdirSync(folder).map(
    (file) => (parse(read(`${folder}/${file}`)) as Buildspec).phases.install['runtime-versions']['nodejs'],
  );
  expect(versions.length).toBeGreaterThan(2);
  expect(new Set(versions)).toEqual(new Set([Number(read('.node-version'))]));

  const [, least, major] = /^>=((\d+)\.\d+)$/.exec(manifest.engines['node'] ?? '')!;
  expect(Number(read('.node-version'))).toBeGreaterThanOrEqual(Number(major));
  expect(/target: '\D+(\d+)'/.exec(read('cli/run.mjs'))?.[1]).toBe(major);
  expect(manifest.devDependencies['@types/node']).toMatch(new RegExp(`^${major}\\.`));
  const mentions = markdown.flatMap((file) => [...textOf(file).matchAll(/Node\.js (\d+\.\d+) or later/g)]);
  expect(mentions.map(([, version]) => version)).toEqual(mentions.map(() => least));
  expect(mentions.length).toBeGreaterThan(0);
});

test('Terraform has the version that deployments use', () => {
  const [, version] = /^terraform (\S+) /m.exec(read('tools/delivery/tools.lock'))!;
  expect(read('.terraform-version').trim()).toBe(version);
});

test('owners are named for what is there', () => {
  const paths = [...read('.github/CODEOWNERS').matchAll(/^\/(\S+) /gm)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(5);
  for (const path of paths) expect([path, existsSync(path)]).toEqual([path, true]);
});

test('the changelog has the version of the package, with its date and its address', () => {
  const changelog = read('CHANGELOG.md');
  const releases = [...changelog.matchAll(/^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$/gm)].map(
    ([, release]) => release,
  );
  expect(releases[0]).toBe(manifest.version);
  for (const release of releases) expect(changelog).toMatch(new RegExp(`^\\[${release}\\]: https://`, 'm'));
});

test('all clients of the SDK have one version', () => {
  const versions = Object.entries(manifest.devDependencies)
    .filter(([name]) => name.startsWith('@aws-sdk/'))
    .map(([, version]) => version);
  expect(versions.length).toBeGreaterThan(10);
  expect(new Set(versions).size).toBe(1);
});

test('.gitignore has what a build by hand writes where it runs', () => {
  const ignored = read('.gitignore').split('\n');
  const [, reports = ''] = /reports = \[(.*)\]/.exec(read('packer/locals.pkr.hcl')) ?? [];
  const [, manifest] =
    /variable "manifest_path" \{[^}]*default\s+= "(.*)"/.exec(read('packer/variables.pkr.hcl')) ?? [];
  const written = [manifest, ...[...reports.matchAll(/"([^"]+)"/g)].map(([, name]) => name)];
  expect(written).toHaveLength(3);
  for (const name of written) expect(ignored).toContain(name);
});
