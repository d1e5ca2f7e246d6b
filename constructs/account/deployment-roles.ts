import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Construct } from 'constructs';
import { clusterProject, policies, roles, stacks } from '../../config/names';
import { policyDocument, roleTrust, type Statement } from '../base/policy';
import { Role } from '../base/role';
import * as alarms from '../cluster/alarms/rights';
import * as data from '../cluster/data/rights';
import * as instances from '../cluster/instances/rights';
import * as network from '../cluster/network/rights';
import * as parameters from '../cluster/parameter-rights';
import * as cluster from '../cluster/rights';
import * as secrets from '../cluster/secrets/rights';
import { state } from '../cluster/state-rights';
import { runSmokeTest } from './smoke-rights';
import { validateImages } from './validation-rights';
import { AccountStack } from '../base/account-stack';

export interface DeploymentRolesProps {
  readonly opsAccountId: string;
  /** Whether this environment validates images, and so may record which ones it has validated. */
  readonly validates: boolean;
  /** Whether its deployments run the smoke test. */
  readonly smoke: boolean;
}

/**
 * How the pipelines of the ops account get into this account: one role that deploys the cluster, one that only plans
 * it. Each trusts the CodeBuild project of its own step, and nothing else. Neither changes a role, a key, a secret or the
 * storage: those belong to the account's stack (`ClusterFoundation`).
 */
export class DeploymentRoles extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId, validates, smoke }: DeploymentRolesProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment } = account;
    const readInstances = [...instances.read(account), ...data.read(account), ...instances.readScaling(account)];
    const deployment = new Role(this, 'Deployment', {
      name: roles.deployment,
      description: `Deploys ${stacks.cluster(environment)}`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.deployment(environment))]),
      statements: [
        ...cluster.read(account),
        ...cluster.change(account),
        ...network.read(account),
        ...parameters.read(account),
        ...parameters.change(account),
        ...state(account, 'write'),
        ...(validates ? [validateImages(account)] : []),
        ...(smoke ? runSmokeTest(account) : []),
        secrets.denyRead,
      ],
    });
    // Apart, since the inline policy holds 10,240 characters, and each of these 6,144 (IAM quotas).
    const parts = {
      DeploymentNetwork: [policies.deploymentNetwork, 'the network', network.change(account)],
      DeploymentAlarms: [policies.deploymentAlarms, 'the alarms', [...alarms.read(account), ...alarms.change(account)]],
      DeploymentGroups: [
        policies.deploymentGroups,
        'groups',
        [...readInstances, ...instances.change(account, opsAccountId)],
      ],
      DeploymentData: [policies.deploymentData, 'the data volume and its snapshots', data.change(account)],
    } as const satisfies Readonly<Record<string, readonly [name: string, what: string, statements: Statement[]]>>;
    for (const [part, [name, what, statements]] of Object.entries(parts)) {
      const policy = new IamPolicy(this, part, {
        name,
        description: `Deploys ${what} of ${stacks.cluster(environment)}`,
        policy: policyDocument(...statements),
      });
      new IamRolePolicyAttachment(this, `${part}Attachment`, { role: deployment.name, policyArn: policy.arn });
    }
    new Role(this, 'Plan', {
      name: roles.plan,
      description: `Plans ${stacks.cluster(environment)}; changes nothing`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.plan(environment))]),
      statements: [
        ...cluster.read(account),
        ...network.read(account),
        ...parameters.read(account),
        ...readInstances,
        ...alarms.read(account),
        secrets.denyRead,
        ...state(account, 'read'),
      ],
    });
  }
}
