import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Construct } from 'constructs';
import { clusterProject, policies, roles, stacks } from '../../config/names';
import { policyDocument, roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { boundaryStatements } from '../cluster/node-permissions';
import { bentoStoragePermissions, storageKeysBoundary } from '../cluster/storage-permissions';
import {
  changeCluster,
  followRollout,
  readCluster,
  stateOfCluster,
  validateImages,
  type ClusterAccount,
} from './cluster-permissions';
import { changeStorage, neverReadValues, readStorage } from './cluster-storage-permissions';
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
    new StorageBoundaries(this, 'StorageBoundaries', props);
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
        neverReadValues,
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
    const storage = new IamPolicy(this, 'DeploymentStorage', {
      name: policies.deploymentStorage,
      description: `Deploys secrets and storage of ${stacks.cluster(environment)}`,
      policy: policyDocument(...readStorage(props), ...changeStorage(props)),
    });
    new IamRolePolicyAttachment(this, 'DeploymentStorageAttachment', {
      role: deployment.name,
      policyArn: storage.arn,
    });
    new Role(this, 'Plan', {
      name: roles.plan,
      description: `Plans ${stacks.cluster(environment)}; changes nothing`,
      trust: roleTrust(opsAccountId, [roles.codeBuild(clusterProject.plan(environment))]),
      statements: [
        ...readCluster(props),
        ...readNetwork(props),
        ...readStorage(props),
        neverReadValues,
        ...stateOfCluster(props, 'read'),
      ],
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

/** The same for the storage's user, and for the function that makes its keys. */
class StorageBoundaries extends Construct {
  constructor(scope: Construct, id: string, account: ClusterAccount) {
    super(scope, id);
    new IamPolicy(this, 'User', {
      name: policies.storageBoundary,
      description: `The most that the user of the storage of ${stacks.cluster(account.environment)} may do`,
      policy: policyDocument(...bentoStoragePermissions(account, true)),
    });
    new IamPolicy(this, 'Keys', {
      name: policies.storageKeysBoundary,
      description: `The most that the function which makes the storage's keys may do`,
      policy: policyDocument(...storageKeysBoundary(account)),
    });
  }
}
