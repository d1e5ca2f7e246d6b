import { explain } from './explain';

/** One command of a program, such as `secrets`. */
export interface Command {
  /** One line for the program's list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /**
   * Runs the command.
   *
   * @returns the exit code
   */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** The exit code of every command whose arguments are wrong. */
export const wrongUsage = 2;

interface Parts<Arguments> {
  readonly summary: string;
  readonly usage: string;
  /** @throws Error whose message names the argument that is wrong, and how to give it */
  readonly parse: (args: readonly string[]) => Arguments;
  /**
   * @returns the exit code
   * @throws Error that ends the command with exit code 1
   */
  readonly run: (parsed: Arguments) => Promise<number> | number;
}

/**
 * A command with the behavior that all have in common: `--help` prints the usage and ends with 0, wrong arguments print
 * the reason and the usage and end with 2, and an error is explained and ends with 1.
 */
export function command<Arguments>({ summary, usage, parse, run }: Parts<Arguments>): Command {
  return {
    summary,
    usage,
    run: async (args) => {
      if (args.includes('--help')) {
        console.log(usage);
        return 0;
      }
      let parsed: Arguments;
      try {
        parsed = parse(args);
      } catch (error) {
        console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
        return wrongUsage;
      }
      try {
        return await run(parsed);
      } catch (error) {
        console.error(explain(error));
        return 1;
      }
    },
  };
}

/** For a command that takes no arguments. */
export function noArguments(args: readonly string[]): void {
  if (args.length > 0) throw new Error(`There is no argument ${args.join(' ')}.`);
}
