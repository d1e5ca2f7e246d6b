import { resourceWith } from '../../support/synthesized';
import type { Principal } from '../iam/evaluate';
import { accounts, may, mayOnSecret, principal, stackNamed, type AccountName } from '../world';

export const clusters = ['staging', 'production'] as const satisfies readonly AccountName[];
export type Cluster = (typeof clusters)[number];

export const arn = (service: string, account: AccountName, resource: string) =>
  `arn:aws:${service}:us-west-2:${accounts[account]}:${resource}`;
export const iam = (account: AccountName, resource: string) => `arn:aws:iam::${accounts[account]}:${resource}`;
export const deployment = (account: Cluster) => principal(account, 'boundless-deployment-role');
export const instance = (account: Cluster, role: 'manager' | 'prover') =>
  principal(account, `prover-cluster-${account}-${role}-role`);
export const ofEither = (reaches: (account: Cluster) => boolean): boolean => clusters.some(reaches);

export const readsWallet = (who: Principal, account: Cluster): boolean =>
  mayOnSecret(who, 'secretsmanager:GetSecretValue', account, 'wallet-key');

export interface Action {
  readonly name: string;
  readonly category: string;
  readonly configuration: Readonly<Record<string, string>>;
}
/** The actions of a pipeline, in the order of its stages. */
export const actionsOf = (pipeline: string): readonly Action[] =>
  (resourceWith(stackNamed('ops'), 'aws_codepipeline', 'name', pipeline)['stage'] as { action: Action[] }[]).flatMap(
    ({ action }) => action,
  );
export const isApprovedBefore = (pipeline: string, name: string): boolean => {
  const actions = actionsOf(pipeline);
  const approval = actions.findIndex(({ category }) => category === 'Approval');
  return approval >= 0 && approval < actions.findIndex((action) => action.name === name);
};

/** Whether the deployment role can start an instance of its choice with the manager's role. */
export const launchesManager = (account: Cluster): boolean => {
  const run = (type: string, context: Readonly<Record<string, string>>, resource = arn('ec2', account, `${type}/x`)) =>
    may(deployment(account), 'ec2:RunInstances', resource, { context });
  const template = { 'ec2:LaunchTemplate': arn('ec2', account, 'launch-template/lt-1') };
  return (
    run('launch-template', { 'aws:ResourceTag/Stack': `prover-cluster-${account}` }) &&
    ['instance', 'subnet', 'security-group', 'volume', 'network-interface'].every((type) => run(type, template)) &&
    run('image', { ...template, 'ec2:Owner': accounts.ops }, 'arn:aws:ec2:us-west-2::image/ami-1') &&
    may(deployment(account), 'iam:PassRole', iam(account, `role/prover-cluster-${account}-manager-role`), {
      context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    })
  );
};
