import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Linter } from 'eslint';
import { parser, plugin } from 'typescript-eslint';

const work = mkdtempSync(path.join(tmpdir(), 'synth-'));
afterAll(() => {
  rmSync(work, { recursive: true });
});

/** Runs the app as `cdktf` does. */
const synth = (outdir: string, environment: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, ['cli/run.mjs', 'main.ts'], {
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

const [first, second] = [path.join(work, 'first'), path.join(work, 'second')];
/** Modules that the first run loaded. */
let loaded: readonly string[];

beforeAll(async () => {
  const hook = path.join(work, 'hook.cjs');
  writeFileSync(hook, "process.on('exit', () => console.log(JSON.stringify(Object.keys(require.cache))));");
  const { stdout } = await synth(first, { TZ: 'America/Los_Angeles', NODE_OPTIONS: `--require ${hook}` });
  loaded = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as string[];
}, 120_000);

test('two runs write the same bytes, archives included, also where no Terraform is installed', async () => {
  await synth(second, { TZ: 'Pacific/Kiritimati', PATH: '/nonexistent' });
  const written = contents(first);
  expect([...written.keys()].filter((file) => file.endsWith('.zip'))).toHaveLength(5);
  expect([...written.keys()].filter((file) => file.endsWith('cdk.tf.json'))).toHaveLength(5);
  expect(contents(second)).toEqual(written);
});

test.each(['boundless-notices', 'packer-ami-sharing'])(
  'the archive of %s, built again, has the same bytes',
  async (name) => {
    const build = async (directory: string, TZ: string) => {
      const args = ['cli/run.mjs', '__tests__/support/build-archive.ts', name, path.join(work, name, directory)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TZ } });
      return readFileSync(stdout.trim()).toString('base64');
    };
    expect(await build('one', 'America/Los_Angeles')).toBe(await build('two', 'Pacific/Kiritimati'));
  },
);

describe("the provider's index", () => {
  test('is never loaded', () => {
    const ofProvider = loaded.filter((file) => file.includes('@cdktf/provider-aws/'));
    expect(ofProvider.some((file) => file.endsWith('/lib/kms-key/index.js'))).toBe(true);
    expect(ofProvider.filter((file) => /provider-aws\/(lib\/)?(lazy-)?index\.js$/.test(file))).toEqual([]);
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
    // The rule as `eslint.config.mjs` sets it for a stack; alone, since it needs no types, and all types take half a minute.
    const { stdout } = spawnSync('npx', ['eslint', '--print-config', 'stacks/ops-stack.ts'], { encoding: 'utf8' });
    const { rules } = JSON.parse(stdout) as { rules: Linter.RulesRecord };
    const rule = '@typescript-eslint/no-restricted-imports';
    const messages = new Linter().verify(
      [...refused, taken].join('\n'),
      {
        files: ['**/*.ts'],
        languageOptions: { parser },
        plugins: { '@typescript-eslint': plugin },
        rules: { [rule]: rules[rule] },
      },
      'stacks/ops-stack.ts',
    );
    const lines = messages.filter(({ ruleId }) => ruleId === rule).map(({ line }) => line);
    expect(lines).toEqual(refused.map((_, index) => index + 1));
  });
});
