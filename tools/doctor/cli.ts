import { parseArgs } from 'node:util';
import { environmentNamed, factory, validated } from '../../config';
import { expectAccount } from '../account';
import { explain } from '../explain';
import { exitCode, lineOf, runChecks } from './check';
import { environmentChecks, opsChecks } from './checks';

const names = ['ops', ...factory.environments.map(({ environment }) => environment)];

const usage = `usage: make doctor ENV=<${names.join('|')}> [JSON=1]

Asks AWS whether an account is ready for what this repository deploys there: quotas, instance types, state bucket, roles
and, once they are deployed, image pointers and snapshots. It only reads. docs/first-run-checks.md has what no read can
answer. Credentials of the account are needed (AWS_PROFILE, ...), and those of others are refused.

  --json   print an array of { name, is, found, fix } instead of lines
  --help   print this

exit codes: 0 all is well, 1 something failed, 2 wrong usage, 3 nothing failed, but something could not be checked`;

interface Arguments {
  readonly environment: string;
  readonly json: boolean;
}

/** @throws Error that names what cannot be understood */
function parse(args: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (values.help) return 'help';
  const [environment = '', ...rest] = positionals;
  if (rest.length > 0 || !names.includes(environment))
    throw new Error(`Give one environment of ${names.join(', ')}, not ${JSON.stringify(positionals.join(' '))}.`);
  return { environment, json: values.json };
}

async function main(args: readonly string[]): Promise<number> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  let parsed: Arguments | 'help';
  try {
    parsed = parse(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (parsed === 'help') {
    console.log(usage);
    return 0;
  }
  const { environment, json } = parsed;
  const all = validated(factory);
  const config = environment === 'ops' ? undefined : environmentNamed(environment, all);
  const { region, accountId } = config ?? all.ops;
  await expectAccount(region, accountId);
  const checks = config === undefined ? opsChecks(all) : environmentChecks(all, config, new Date());
  const results = await runChecks(checks, (result) => {
    if (!json) console.log(lineOf(result));
  });
  if (json) console.log(JSON.stringify(results, null, 2));
  return exitCode(results);
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(explain(error));
    process.exitCode = 1;
  },
);
