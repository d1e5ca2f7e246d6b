import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { Construct } from 'constructs';
import { clusterProject, policies, roles, stacks } from '../../config/names';
import { policyDocument, roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { sessionAgentStatement } from '../base/session-agent';
import { changeCluster, readCluster, stateOfCluster, validateImages, type ClusterAccount } from './cluster-permissions';

export interface DeploymentRolesProps extends ClusterAccount {
  readonly opsAccountId: string;
  /** Whether a deployment proves images here. */
  readonly validates: boolean;
}

/**
 * How the pipelines of the ops account get into this account: one role that deploys the cluster, one that only plans
 * it. Each trusts the CodeBuild project of its own step, and nothing else.
 */
export class DeploymentRoles extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentRolesProps) {
    super(scope, id);
    const { environment, opsAccountId } = props;
    new NodeBoundary(this, 'NodeBoundary', environment);
    new Role(this, 'Deployment', {
      name: roles.deployment,
      description: `Deploys ${stacks.cluster(environment)}`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.deployment(environment))]),
      statements: [
        ...readCluster(props),
        ...changeCluster(props),
        ...stateOfCluster(props, 'write'),
        ...(props.validates ? [validateImages(props)] : []),
      ],
    });
    new Role(this, 'Plan', {
      name: roles.plan,
      description: `Plans ${stacks.cluster(environment)}; changes nothing`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.plan(environment))]),
      statements: [...readCluster(props), ...stateOfCluster(props, 'read')],
    });
  }
}

/**
 * The most that a machine of the cluster can ever do, whatever policies its role is given: who may write policies of
 * these roles can give no more than this. It grows with what the machines need.
 */
class NodeBoundary extends Construct {
  constructor(scope: Construct, id: string, environment: string) {
    super(scope, id);
    new IamPolicy(this, 'Resource', {
      name: policies.nodeBoundary,
      description: `The most that machines of ${stacks.cluster(environment)} may do`,
      policy: policyDocument(sessionAgentStatement()),
    });
  }
}
