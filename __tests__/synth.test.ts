import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const work = mkdtempSync(path.join(tmpdir(), 'synth-'));
afterAll(() => {
  rmSync(work, { recursive: true });
});

/** Runs the app as `cdktf` does. */
const synth = (outdir: string, environment: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, ['tools/run.mjs', 'main.ts'], {
    env: { ...process.env, CDKTF_OUTDIR: outdir, ...environment },
  });

function contents(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((file) => {
      const full = path.join(file.parentPath, file.name);
      return [path.relative(directory, full), readFileSync(full).toString('base64')];
    }),
  );
}

test('two runs write the same bytes, archives included', async () => {
  const [first, second] = [path.join(work, 'first'), path.join(work, 'second')];
  await synth(first, { TZ: 'America/Los_Angeles' });
  await synth(second, { TZ: 'Pacific/Kiritimati' });
  const written = contents(first);
  expect([...written.keys()].filter((file) => file.endsWith('.zip'))).toHaveLength(4);
  expect([...written.keys()].filter((file) => file.endsWith('cdk.tf.json'))).toHaveLength(5);
  expect(contents(second)).toEqual(written);
});

test.each(['boundless-notices', 'packer-ami-sharing'])(
  'the archive of %s, built anew, has the same bytes',
  async (name) => {
    const build = async (directory: string, TZ: string) => {
      const args = ['tools/run.mjs', '__tests__/support/build-archive.ts', name, path.join(work, name, directory)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TZ } });
      return readFileSync(stdout.trim()).toString('base64');
    };
    expect(await build('one', 'America/Los_Angeles')).toBe(await build('two', 'Pacific/Kiritimati'));
  },
);

describe("the provider's index", () => {
  test('is never loaded', async () => {
    const hook = path.join(work, 'hook.cjs');
    writeFileSync(hook, "process.on('exit', () => console.log(JSON.stringify(Object.keys(require.cache))));");
    const { stdout } = await synth(path.join(work, 'hooked'), { NODE_OPTIONS: `--require ${hook}` });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    const loaded = (JSON.parse(last) as string[]).filter((file) => file.includes('@cdktf/provider-aws/'));
    expect(loaded.some((file) => file.endsWith('/lib/kms-key/index.js'))).toBe(true);
    expect(loaded.filter((file) => /provider-aws\/(lib\/)?(lazy-)?index\.js$/.test(file))).toEqual([]);
  });

  test('is refused by lint in every form, and the narrow import is taken', () => {
    const refused = [
      "import { KmsKey } from '@cdktf/provider-aws';",
      "import { KmsAlias } from '@cdktf/provider-aws/lib';",
      "import type { KmsGrant } from '@cdktf/provider-aws/lib/index';",
      "import { lambdaFunction } from '@cdktf/provider-aws/lib/lazy-index';",
      "import * as aws from '@cdktf/provider-aws';",
      "export { SnsTopic } from '@cdktf/provider-aws';",
    ];
    const taken = "import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';";
    const { stdout } = spawnSync(
      'npx',
      ['eslint', '--stdin', '--stdin-filename', 'stacks/ops-stack.ts', '--format', 'json'],
      {
        input: [...refused, taken].join('\n'),
        encoding: 'utf8',
      },
    );
    const [{ messages }] = JSON.parse(stdout) as [{ messages: { ruleId: string; line: number }[] }];
    const lines = messages
      .filter(({ ruleId }) => ruleId === '@typescript-eslint/no-restricted-imports')
      .map(({ line }) => line);
    expect(lines).toEqual(refused.map((_, index) => index + 1));
  });
});
