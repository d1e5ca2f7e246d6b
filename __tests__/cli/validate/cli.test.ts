import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { validateCommand } from '../../../cli/validate/cli';
import { temporaryFolder, writeStandIns } from '../../scripts/support';

const folder = temporaryFolder();
const stacks = ['one', 'two', 'three'];

beforeAll(() => {
  for (const name of stacks) mkdirSync(path.join(folder, 'cdktf.out', 'stacks', name), { recursive: true });
  const manifest = {
    stacks: Object.fromEntries(
      stacks.map((name) => [name, { name, synthesizedStackPath: `stacks/${name}/cdk.tf.json` }]),
    ),
  };
  writeFileSync(path.join(folder, 'cdktf.out', 'manifest.json'), JSON.stringify(manifest));
});

const [root, search] = [process.cwd(), process.env['PATH'] ?? ''];
afterEach(() => {
  process.chdir(root);
  process.env['PATH'] = search;
  jest.restoreAllMocks();
});

/** Validates with a Terraform that does this. */
async function validated(terraform: string, name = 'terraform', version = 'Terraform v1.11.4') {
  const programs = { [name]: `[[ $2 != version ]] || { echo "${version}"; exit 0; }\n${terraform}` };
  process.env['PATH'] = `${writeStandIns(path.join(folder, 'bin'), programs)}:${search}`;
  process.chdir(folder);
  const lines = { log: '', error: '' };
  jest.spyOn(console, 'log').mockImplementation((...words) => void (lines.log += `${words.join(' ')}\n`));
  jest.spyOn(console, 'error').mockImplementation((...words) => void (lines.error += `${words.join(' ')}\n`));
  return { status: await validateCommand.run([]), stdout: lines.log, stderr: lines.error };
}
const unreachable = "echo 'Error: Failed to query available provider packages' >&2; exit 1";

test('OpenTofu without the provider checks nothing either', async () => {
  const { status, stderr } = await validated("echo 'Error: Failed to resolve provider packages' >&2; exit 1");
  expect([status, stderr]).toEqual([3, expect.stringMatching(/^not checked /)]);
});

test('stacks without the provider are not checked, and none is called invalid; the reason is there once', async () => {
  const { status, stdout, stderr } = await validated(unreachable);
  expect([status, stdout]).toEqual([3, 'terraform 1.11.4\n']);
  expect(stderr).toBe('not checked  one, two, three\nError: Failed to query available provider packages\n\n');
});

test('one that is invalid counts more than what is not checked', async () => {
  const { status, stderr } = await validated(
    `[[ $1 == *one ]] || { ${unreachable}; }; [[ $2 != validate ]] || { echo wrong; exit 1; }`,
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/^invalid {2}one\nwrong\n\nnot checked {2}two, three\n/);
});

test('valid stacks are listed', async () => {
  expect(await validated('exit 0')).toEqual({
    status: 0,
    stdout: 'terraform 1.11.4\nvalid    one\nvalid    two\nvalid    three\n',
    stderr: '',
  });
});

describe('the program of TERRAFORM_BINARY_NAME', () => {
  afterEach(() => {
    delete process.env['TERRAFORM_BINARY_NAME'];
  });

  test('is taken, and named', async () => {
    process.env['TERRAFORM_BINARY_NAME'] = 'tofu';
    const { status, stdout } = await validated('exit 0', 'tofu', 'OpenTofu v1.10.6');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^tofu OpenTofu 1\.10\.6\nvalid /)]);
  });

  test('that is not there checks nothing, and the message names the variable', async () => {
    process.env['TERRAFORM_BINARY_NAME'] = 'tofu-of-mine';
    const { status, stderr } = await validated('exit 0');
    expect(status).toBe(3);
    expect(stderr).toBe(
      'not checked  one, two, three\nTERRAFORM_BINARY_NAME is tofu-of-mine, and there is no such program to run; ' +
        'install it, or unset the variable.\n',
    );
  });
});
