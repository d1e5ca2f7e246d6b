import { wrongUsage, type Command } from './command';

/** The commands of a program by name. Each is loaded when it is run: the clients of one are of no use to another. */
export type Commands = Readonly<Record<string, () => Promise<Command>>>;

/** Runs the command that the arguments name, and sets the exit code of the process. */
export async function runProgram(program: string, commands: Commands, args: readonly string[]): Promise<void> {
  // The AWS SDK would print it on standard error with every command.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const [name = '--help', ...rest] = args;
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) {
    const { run } = await load();
    process.exitCode = await run(rest);
    return;
  }
  const list = await usageOf(program, commands);
  if (name === '--help') {
    console.log(list);
    return;
  }
  console.error(`There is no command ${JSON.stringify(name)}.\n\n${list}`);
  process.exitCode = wrongUsage;
}

async function usageOf(program: string, commands: Commands): Promise<string> {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(width)}  ${(await load()).summary}`),
  );
  return `usage: ${program} <command> [options]\n\n${lines.join('\n')}\n\n${program} <command> --help prints its options.`;
}
