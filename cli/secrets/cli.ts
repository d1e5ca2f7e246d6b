import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { factory, validated } from '../../config';
import { expectAccount } from '../common/account';
import { command } from '../common/command';
import { parse, usage, type Action } from './arguments';
import { readSecret } from './input';
import { rotateKey } from './rotate';
import { setSecret } from './set';
import { isEnough, lines, statusOfAll } from './status';
import { StoredSecrets } from './stored';

async function run(action: Action): Promise<number> {
  validated(factory);
  const { environment, region, accountId } = action.config;
  await expectAccount(region, accountId);
  return runOn(new StoredSecrets(new SecretsManagerClient({ region }), environment), action);
}

async function runOn(stored: StoredSecrets, action: Action): Promise<number> {
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

export const secretsCommand = command({
  summary: 'set, rotate and check the secrets of a cluster',
  usage,
  parse,
  run,
});
