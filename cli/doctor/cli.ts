import { parseArgs } from 'node:util';
import { environmentNamed, factory, validated } from '../../config';
import { expectAccount } from '../common/account';
import { command } from '../common/command';
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
function parse(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [environment = '', ...rest] = positionals;
  if (rest.length > 0 || !names.includes(environment))
    throw new Error(`Give one environment of ${names.join(', ')}, not ${JSON.stringify(positionals.join(' '))}.`);
  return { environment, json: values.json };
}

async function run({ environment, json }: Arguments): Promise<number> {
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

export const doctorCommand = command({
  summary: 'check an account before a deployment; only reads',
  usage,
  parse,
  run,
});
