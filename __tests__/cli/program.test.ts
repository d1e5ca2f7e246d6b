import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command, noArguments } from '../../cli/common/command';
import { OperatorError } from '../../cli/common/errors';
import { runProgram } from '../../cli/common/program';

const usage = 'usage: example';
const loaded = <T>(parts: Parameters<typeof command<T>>[0]) => Promise.resolve(command(parts));

const commands = {
  done: () => loaded({ summary: 'ends well', usage, parse: noArguments, run: () => 0 }),
  found: () => loaded({ summary: 'finds a problem', usage, parse: noArguments, run: () => 3 }),
  refused: () =>
    loaded({
      summary: 'is refused',
      usage,
      parse: noArguments,
      run: () => {
        throw new OperatorError('There is no stack; deploy it first.');
      },
    }),
  broken: () =>
    loaded({
      summary: 'fails',
      usage,
      parse: noArguments,
      run: () => {
        throw new TypeError('no such field');
      },
    }),
};

async function run(...args: readonly string[]) {
  const output: string[] = [];
  const errors: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((text: string) => output.push(text));
  const error = jest.spyOn(console, 'error').mockImplementation((text: string) => errors.push(text));
  const before = process.exitCode;
  process.exitCode = 0;
  await runProgram('example', commands, args);
  const code = process.exitCode;
  process.exitCode = before;
  log.mockRestore();
  error.mockRestore();
  return { code, output: output.join('\n'), errors: errors.join('\n') };
}

test.each([
  [['done'], { code: 0, output: '', errors: '' }],
  [['found'], { code: 3, output: '', errors: '' }],
  [['refused'], { code: 1, output: '', errors: 'There is no stack; deploy it first.' }],
  [['broken'], { code: 1, output: '', errors: 'TypeError: no such field' }],
  [['done', 'more'], { code: 2, output: '', errors: `There is no argument more.\n\n${usage}` }],
  [['done', 'more', '--help'], { code: 0, output: usage, errors: '' }],
])('%j', async (args, ended) => {
  expect(await run(...args)).toEqual(ended);
});

const list = `usage: example <command> [options]

  done     ends well
  found    finds a problem
  refused  is refused
  broken   fails

example <command> --help prints its options.`;

test('without a command, and with --help, the commands are listed', async () => {
  expect(await run()).toEqual({ code: 0, output: list, errors: '' });
  expect(await run('--help')).toEqual({ code: 0, output: list, errors: '' });
});

test.each(['unknown', 'constructor', ''])('%j is no command', async (name) => {
  expect(await run(name)).toEqual({
    code: 2,
    output: '',
    errors: `There is no command ${JSON.stringify(name)}.\n\n${list}`,
  });
});

test('./factory runs from any folder, and ends with the exit code of the command', () => {
  const program = path.resolve('factory');
  const run = (...args: string[]) => spawnSync(program, args, { cwd: tmpdir(), encoding: 'utf8' });
  expect(run('doctor', 'nowhere')).toMatchObject({ status: 2, stdout: '' });
  expect(run('--help')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^usage: \.\/factory <command>/) as string,
  });
});
