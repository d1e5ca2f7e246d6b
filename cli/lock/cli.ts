import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { command } from '../common/command';
import { parseLock, withHashes, type Entry } from './lock-file';
import { refresh, type Outcome } from './refresh';

const usage = `usage: make lock [CHECK=1] [DRY_RUN=1] [ACCEPT=<name>,...]

Downloads everything that scripts/downloads.lock and packer/tools.lock name, and compares its SHA-256. To take a new
version, change version and address in the file, put ? in the place of the hash, and run this. It needs the internet, and
some gigabytes in the temporary folder.

  --accept <name>  take the hash that the address sends now, although the version is the same or nobody vouches for it
  --check          write nothing; fail where a hash differs or is missing
  --dry-run        write nothing; print what would be written
  [file...]        other lock files

exit codes: 0 done, 1 refused, different or not to be had, 2 wrong usage`;

const lockFiles = ['scripts/downloads.lock', 'packer/tools.lock'];

interface Options {
  readonly files: readonly string[];
  readonly accepted: ReadonlySet<string>;
  readonly check: boolean;
  readonly dryRun: boolean;
}

function describe({ name, version, sha256: old }: Entry, outcome: Outcome): string {
  const what = `${outcome.kind.padEnd(9)}  ${name} ${version}`;
  switch (outcome.kind) {
    case 'same':
      return what;
    case 'signed':
      return `${what}: apt verifies it`;
    case 'failed':
      return `${what}: ${outcome.reason}`;
    case 'refused':
      return `${what}: ${old} -> ${outcome.sha256}\n           ${
        old === '-' ? 'nobody vouches for it' : 'the version is the same, and the file another'
      }; if you trust it: make lock ACCEPT=${name}`;
    default:
      return `${what}: ${old} -> ${outcome.sha256}`;
  }
}

async function lock(file: string, { accepted, check, dryRun }: Options): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  const entries = parseLock(text);
  console.log(file);
  const outcomes = await refresh(entries, accepted, (entry, outcome) => {
    console.log(describe(entry, outcome));
  });
  const hashes = new Map<string, string>();
  for (const [name, outcome] of outcomes)
    if (outcome.kind === 'filled in' || outcome.kind === 'accepted') hashes.set(name, outcome.sha256);
  if (hashes.size > 0 && !check && !dryRun) {
    await writeFile(`${file}.new`, withHashes(text, hashes));
    await rename(`${file}.new`, file);
  }
  const bad = [...outcomes.values()].some(({ kind }) => kind === 'refused' || kind === 'failed');
  return !bad && !(check && hashes.size > 0);
}

function parse(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      accept: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  return {
    files: positionals.length > 0 ? positionals : lockFiles,
    accepted: new Set(values.accept.flatMap((names) => names.split(','))),
    check: values.check,
    dryRun: values['dry-run'],
  };
}

async function run(parsed: Options): Promise<number> {
  let good = true;
  for (const file of parsed.files) good = (await lock(file, parsed)) && good;
  return good ? 0 : 1;
}

export const lockCommand = command({
  summary: 'refresh the checksums of downloads',
  usage,
  parse,
  run,
});
