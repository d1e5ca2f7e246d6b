import { parseArgs } from 'node:util';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { factory, validated } from '../../config';
import { stacks } from '../../config/names';
import { command } from '../common/command';
import { pathStyle } from '../common/s3';
import { bootstrap } from './bootstrap';

const environments = ['ops', ...factory.environments.map(({ environment }) => environment)];

const usage = `usage: make bootstrap ENV=<${environments.join('|')}> [DRY_RUN=1]

Makes or repairs what an account needs before its first deployment: the bucket of its Terraform state (versioned,
encrypted, private, TLS only, old versions expire), and the roles that AWS itself acts with. Safe to repeat: what is right
already is left alone, and nothing is ever deleted. Credentials come from where the AWS SDK looks (AWS_PROFILE, ...), and
those of another account are refused.

  --dry-run  print what would change, and change nothing
  --help     print this

exit codes: 0 the account is ready, 1 it is not, 2 wrong usage`;

interface Arguments {
  readonly environment: string;
  readonly dryRun: boolean;
}

/** @throws Error for what can't be understood */
function parse(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [environment = '', ...rest] = positionals;
  if (!environments.includes(environment) || rest.length > 0)
    throw new Error(
      `There is no environment ${JSON.stringify(positionals.join(' '))}; use one of ${environments.join(', ')}.`,
    );
  return { environment, dryRun: values['dry-run'] };
}

async function run({ environment, dryRun }: Arguments): Promise<number> {
  const { region } = validated(factory).ops;
  const clients = {
    s3: new S3Client({ region, forcePathStyle: pathStyle() }),
    sts: new STSClient({ region }),
    iam: new IAMClient({ region }),
  };
  const changes = await bootstrap(clients, { environment, factory, dryRun, report: console.log });
  if (dryRun) console.log(`${changes} change${changes === 1 ? '' : 's'} to make; nothing was changed.`);
  else
    console.log(
      `Ready. Next: npx cdktf deploy ${environment === 'ops' ? stacks.ops : stacks.serviceAccount(environment)}`,
    );
  return 0;
}

export const bootstrapCommand = command({
  summary: 'make or repair the state bucket of an account',
  usage,
  parse,
  run,
});
