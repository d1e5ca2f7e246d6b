import { cpSync, existsSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { environmentCommand, addEnvironment } from '../../../cli/environment/cli';
import { freeNetwork, moved } from '../../../cli/environment/free-network';
import { environmentLike } from '../../../cli/environment/new-environment';
import { listSource } from '../../../cli/environment/source';
import { factory, unlistedEnvironments, type EnvironmentConfig, type FactoryConfig } from '../../../config';
import { existingVpc } from '../../support/clusters';
import { temporaryFolder } from '../../scripts/support';

const canary = { name: 'canary-1', accountId: undefined, like: 'staging', dryRun: false };
const work = temporaryFolder();
const root = path.join(work, 'root');

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  for (const part of ['config', 'scripts/boot/contract.json']) cpSync(part, path.join(root, part), { recursive: true });
  symlinkSync(path.resolve('node_modules'), path.join(root, 'node_modules'));
});

/** The configuration of the folder, as a program reads it. */
function factoryOf(folder: string): FactoryConfig {
  const options = { bundle: true, write: false, platform: 'node', format: 'cjs' } as const;
  const [file] = buildSync({ ...options, entryPoints: [path.join(folder, 'config/index.ts')] }).outputFiles;
  const module = { exports: {} as { factory: FactoryConfig } };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is a bundle of our own sources
  (new Function('module', 'exports', 'require', file!.text) as (...args: unknown[]) => void)(
    module,
    module.exports,
    require,
  );
  return module.exports.factory;
}

test('a new environment is written, listed and right, in a network of its own', async () => {
  const printed = await addEnvironment(canary, root);
  expect(printed).toMatch(/^config\/canary-1\.ts is written, and listed .* 444444444444 is a placeholder\./);
  const { environments, files } = factoryOf(root);
  expect(files).toEqual(['config/staging.ts', 'config/production.ts', 'config/canary-1.ts']);
  const [staging, , added] = environments;
  expect(added).toEqual(environmentLike(factory, canary));
  expect(added).toMatchObject({
    environment: 'canary-1',
    accountId: '444444444444',
    network: {
      vpcCidr: '10.31.0.0/16',
      subnets: [{ cidr: '10.31.0.0/20' }, { cidr: '10.31.16.0/20' }, { cidr: '10.31.32.0/20' }],
      natSubnets: [{ zone: 'a', cidr: '10.31.240.0/28' }],
      managerAddress: '10.31.0.10',
    },
    prover: staging!.prover,
  });
  expect(unlistedEnvironments(files!, root)).toEqual([]);
  expect(readFileSync(path.join(root, 'config/canary-1.ts'), 'utf8')).toContain(
    'as const satisfies EnvironmentConfig;',
  );
});

test('an interrupted run leaves a file that is reported, and the next run completes it', async () => {
  const list = path.join(root, 'config/index.ts');
  const before = readFileSync(list, 'utf8');
  await addEnvironment(canary, root);
  const after = readFileSync(list, 'utf8');
  cpSync('config/index.ts', list);
  expect(unlistedEnvironments(factory.files!, root)).toEqual([
    {
      file: 'config/index.ts',
      field: 'environments',
      value: 'config/canary-1.ts',
      message: 'is an environment that is not in the list; add it there, or delete the file',
    },
  ]);
  expect(readFileSync(list, 'utf8')).toBe(before);
  await addEnvironment(canary, root);
  expect(readFileSync(list, 'utf8')).toBe(after);
});

test.each([
  ['a name that is a file of the configuration', { name: 'names' }, /config\/names\.ts is there already/],
  ['a name with a hyphen at its end', { name: 'can-' }, /hyphen at its end/],
  ['a name that leads elsewhere', { name: '../x' }, /is not a usable name/],
  ['the name of another', { name: 'production' }, /is the name of the environment in config\/production\.ts too/],
  ['an account that another has', { accountId: '222222222222' }, /is the account of config\/staging\.ts too/],
  [
    'a model that is not there',
    { like: 'qa' },
    /no environment "qa" to be like; give LIKE=<one of staging, production>/,
  ],
])('%s is refused, and nothing is written', async (_, changes, message) => {
  const files = readdirSync(path.join(root, 'config'));
  const list = readFileSync(path.join(root, 'config/index.ts'), 'utf8');
  await expect(addEnvironment({ ...canary, ...changes }, root)).rejects.toThrow(message);
  expect(readdirSync(path.join(root, 'config'))).toEqual(files);
  expect(readFileSync(path.join(root, 'config/index.ts'), 'utf8')).toBe(list);
});

test('a dry run prints the file and writes nothing', async () => {
  expect(await addEnvironment({ ...canary, dryRun: true }, root)).toMatch(/^import type[^]*canary1Environment = \{/);
  expect(existsSync(path.join(root, 'config/canary-1.ts'))).toBe(false);
});

test('a model in a VPC that was there before is refused', () => {
  expect(() =>
    environmentLike({ ...factory, environments: [{ ...factory.environments[0]!, network: existingVpc }] }, canary),
  ).toThrow(/in a VPC that was there before it/);
});

test('a list that is written otherwise is left alone, with the lines to add', async () => {
  await expect(listSource('export const factory = {};', 'qa')).rejects.toThrow(
    "add by hand: import { qaEnvironment } from './qa'; and, in the list, 'config/qa.ts': qaEnvironment,",
  );
});

test('a free network is the next one, and after the last one of 10.0.0.0/8 the first', () => {
  const inNetwork = (vpcCidr: string) => ({ network: { kind: 'own', vpcCidr } }) as unknown as EnvironmentConfig;
  const free = (like: string, ...taken: string[]) => freeNetwork(like, taken.map(inNetwork));
  expect(free('10.20.0.0/16', '10.20.0.0/16')).toBe('10.21.0.0/16');
  expect(free('10.20.0.0/16', '10.20.0.0/16', '10.21.128.0/17')).toBe('10.22.0.0/16');
  expect(free('10.255.0.0/16', '10.255.0.0/16', '10.0.0.0/16')).toBe('10.1.0.0/16');
  expect(free('172.16.0.0/20', '172.16.0.0/20')).toBe('10.0.0.0/20');
  expect(() => free('10.0.0.0/8', '10.0.0.0/8')).toThrow('There is no network of the size of 10.0.0.0/8 left');
  expect(moved('10.20.16.0/20', '10.20.0.0/16', '10.31.0.0/16')).toBe('10.31.16.0/20');
});

test('wrong usage is explained', async () => {
  const error = jest.spyOn(console, 'error').mockImplementation();
  expect(await environmentCommand.run([])).toBe(2);
  expect(await environmentCommand.run(['a', 'b'])).toBe(2);
  expect(error.mock.calls.flat().join()).toMatch(/Give one name, such as NAME=canary\.\n\nusage: make environment/);
});
