import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { factory, validated } from '../../config';
import { expectAccount } from '../account';
import { explain } from '../explain';
import { parse, usage, type Action } from './arguments';
import { Cancelled, readSecret } from './input';
import { rotateKey } from './rotate';
import { Refused, setSecret } from './set';
import { isEnough, lines, statusOfAll } from './status';
import { NoSuchSecret, StoredSecrets } from './stored';

async function main(args: readonly string[]): Promise<number> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  let action: Action;
  try {
    action = parse(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (action.do === 'help') {
    console.log(usage);
    return 0;
  }
  validated(factory);
  const { environment, region, accountId } = action.config;
  await expectAccount(region, accountId);
  return run(action, new StoredSecrets(new SecretsManagerClient({ region }), environment));
}

async function run(action: Exclude<Action, { do: 'help' }>, stored: StoredSecrets): Promise<number> {
  const { environment } = action.config;
  switch (action.do) {
    case 'status': {
      const statuses = await statusOfAll(stored, action.config);
      console.log(lines(statuses).join('\n'));
      return isEnough(statuses) ? 0 : 1;
    }
    case 'set': {
      const ask = () => readSecret(`${action.name} of ${environment} (not shown): `);
      console.log(await setSecret(stored, action, ask));
      return 0;
    }
    case 'rotate':
      console.log(await rotateKey(stored, { ...action, environment }));
      return 0;
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const own = error instanceof Refused || error instanceof Cancelled || error instanceof NoSuchSecret;
    console.error(own ? error.message : explain(error));
    process.exitCode = 1;
  },
);
