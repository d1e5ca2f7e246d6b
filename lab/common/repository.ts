import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Text that no person writes: the lock file of npm, and snapshots. */
const generated = /^package-lock\.json$|\/__snapshots__\//;

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  encoding: 'utf8',
  env: process.env,
});

/**
 * Text files of the repository, new ones that are not committed yet too, as paths from its root; each once, though git
 * lists a file that is being merged once for each side.
 */
export const files: readonly string[] = [...new Set(listed.split('\0'))]
  .filter((file) => file !== '' && !generated.test(file) && existsSync(file))
  .sort();

export const markdown: readonly string[] = files.filter((file) => file.endsWith('.md'));

const texts = new Map<string, string>();

/** The text of a file of the repository, read once. */
export function textOf(file: string): string {
  const text = texts.get(file) ?? readFileSync(file, 'utf8');
  texts.set(file, text);
  return text;
}
