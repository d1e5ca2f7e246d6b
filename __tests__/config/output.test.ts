import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../scripts/support';

/** A copy of what a synthesis starts with, in which the configuration is wrong in two ways. */
const cwd = temporaryFolder();

beforeAll(() => {
  for (const part of ['main.ts', 'cli', 'config']) cpSync(part, path.join(cwd, part), { recursive: true });
  for (const part of ['constructs', 'lambda', 'node_modules', 'scripts', 'stacks', 'tsconfig.json', 'package.json'])
    symlinkSync(path.resolve(part), path.join(cwd, part));
  const file = path.join(cwd, 'config/staging.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace("vpcCidr: '10.20.0.0/16'", "vpcCidr: '10.20.0.1/16'").replace('followsLatest: true,', ''),
  );
});

const synth = (environment: Record<string, string>) =>
  spawnSync(process.execPath, ['cli/run.mjs', 'main.ts'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, CDKTF_OUTDIR: path.join(cwd, 'out'), DEBUG: '', ...environment },
  });

test('a synthesis ends with a table, with 1 and without a trace; DEBUG=1 shows it', () => {
  const { status, stdout, stderr } = synth({});
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr.trimEnd()).toBe(
    [
      'The configuration has 2 problems:',
      '',
      'FILE               FIELD            VALUE           PROBLEM                              FIX',
      'config/staging.ts  followsLatest    (nothing)       is missing                           give true or false',
      'config/staging.ts  network.vpcCidr  "10.20.0.1/16"  is an address within a network, and  write 10.20.0.0/16',
      '                                                    AWS takes networks',
    ].join('\n'),
  );
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  const debugged = synth({ DEBUG: '1' });
  expect(debugged.status).toBe(1);
  expect(debugged.stderr).toMatch(/FILE +FIELD[^]*ConfigurationError: [^]*\n +at /);
});

test('a mistake in the syntax is shown with file and line, and without a trace', () => {
  const file = path.join(cwd, 'config/ops.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace("branch: 'main',", "branch: 'main"));
  const { status, stderr } = synth({});
  writeFileSync(file, text);
  expect(status).toBe(1);
  expect(stderr).toMatch(/\[ERROR\] Unterminated string literal\n\n +config\/ops\.ts:\d+:\d+:/);
  expect(stderr).not.toMatch(/^ +at /m);
});
