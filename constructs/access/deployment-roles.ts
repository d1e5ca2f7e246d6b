import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Construct } from 'constructs';
import { clusterProject, policies, roles, stacks } from '../../config/names';
import { policyDocument, roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { boundaryStatements } from '../cluster/node-permissions';
import {
  changeCluster,
  followRollout,
  readCluster,
  stateOfCluster,
  validateImages,
  type ClusterAccount,
} from './cluster-permissions';
import { changeNetwork, readNetwork } from './network-permissions';

export interface DeploymentRolesProps extends ClusterAccount {
  readonly opsAccountId: string;
  /** Whether this environment proves images, and so may say which ones it has validated. */
  readonly proves: boolean;
}

/**
 * How the pipelines of the ops account get into this account: one role that deploys the cluster, one that only plans
 * it. Each trusts the CodeBuild project of its own step, and nothing else.
 */
export class DeploymentRoles extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentRolesProps) {
    super(scope, id);
    const { environment, opsAccountId, proves } = props;
    new NodeBoundary(this, 'NodeBoundary', props);
    const deployment = new Role(this, 'Deployment', {
      name: roles.deployment,
      description: `Deploys ${stacks.cluster(environment)}`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.deployment(environment))]),
      statements: [
        ...readCluster(props),
        ...changeCluster(props),
        ...readNetwork(props),
        ...stateOfCluster(props, 'write'),
        followRollout(props),
        ...(proves ? [validateImages(props)] : []),
      ],
    });
    const network = new IamPolicy(this, 'DeploymentNetwork', {
      name: policies.deploymentNetwork,
      description: `Deploys the network of ${stacks.cluster(environment)}`,
      policy: policyDocument(...changeNetwork(props)),
    });
    new IamRolePolicyAttachment(this, 'DeploymentNetworkAttachment', {
      role: deployment.name,
      policyArn: network.arn,
    });
    new Role(this, 'Plan', {
      name: roles.plan,
      description: `Plans ${stacks.cluster(environment)}; changes nothing`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.plan(environment))]),
      statements: [...readCluster(props), ...readNetwork(props), ...stateOfCluster(props, 'read')],
    });
  }
}

/**
 * The most that a machine of the cluster can ever do, whatever policies its role is given: who may write policies of
 * these roles can give no more than this. It grows with what the machines need.
 */
class NodeBoundary extends Construct {
  constructor(scope: Construct, id: string, account: ClusterAccount) {
    super(scope, id);
    new IamPolicy(this, 'Resource', {
      name: policies.nodeBoundary,
      description: `The most that machines of ${stacks.cluster(account.environment)} may do`,
      policy: policyDocument(...boundaryStatements(account)),
    });
  }
}
