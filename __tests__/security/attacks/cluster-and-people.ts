import { readFileSync } from 'node:fs';
import { administrator, may, mayOnSecret, takenFrom } from '../world';
import { arn, iam, instance, ofEither, readsWallet } from './shared';

/** Services of the manager that run code of upstream, with the broker, and what their units have. */
const unit = (name: string) => readFileSync(`service_files/${name}.service`, 'utf8');
const userOf = (name: string) => /^User=(.*)$/m.exec(unit(name))?.[1];
const others = ['bento-api', 'bento-aux', 'bento-executor@'];

/** From instances of a cluster, and from people. */
export const fromClusterAndPeople: Readonly<Record<string, () => boolean>> = {
  'a prover -> the wallet key': () =>
    ofEither((account) => takenFrom(instance(account, 'prover')).some((who) => readsWallet(who, account))),

  'a prover -> the size of its group, by a metric': () =>
    ofEither((account) =>
      may(instance(account, 'prover'), 'cloudwatch:PutMetricData', '*', {
        context: { 'cloudwatch:namespace': 'BoundlessProverCluster' },
      }),
    ),

  "a service of the manager other than the broker -> the manager's role": () =>
    others.some((name) => !/^IPAddressDeny=.*\b169\.254\.169\.254\b/m.test(unit(name))),

  "a service of the manager other than the broker -> the broker's environment": () =>
    others.some((name) => userOf(name) === undefined || userOf(name) === userOf('bento-broker')),

  'a manager -> its data volume, on another instance of the cluster': () =>
    ofEither((account) =>
      may(instance(account, 'manager'), 'ec2:AttachVolume', arn('ec2', account, 'instance/i-1'), {
        context: { 'aws:ResourceTag/Stack': `prover-cluster-${account}` },
      }),
    ),

  'an administrator of staging -> production': () =>
    takenFrom(administrator('staging')).some(({ arn: role }) => role.startsWith(iam('production', ''))),

  'an administrator of staging -> ops': () =>
    takenFrom(administrator('staging')).some(({ arn: role }) => role.startsWith(iam('ops', ''))),

  'an administrator of staging -> which images production plans with': () =>
    may(
      administrator('staging'),
      'ssm:PutParameter',
      arn('ssm', 'staging', 'parameter/boundless/ami/validated-images'),
    ),

  'an administrator who is not in administratorRoles -> the wallet key, without changing its policy': () =>
    ofEither((account) =>
      ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'].some((action) =>
        mayOnSecret(administrator(account), action, account, 'wallet-key'),
      ),
    ),
};
