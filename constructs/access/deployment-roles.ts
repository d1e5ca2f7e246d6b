import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Construct } from 'constructs';
import { clusterProject, policies, roles, stacks } from '../../config/names';
import { policyDocument, roleTrust, type Statement } from '../base/policy';
import { Role } from '../base/role';
import { boundaryStatements } from '../cluster/node-permissions';
import { bentoStoragePermissions, storageKeysBoundary } from '../cluster/storage-permissions';
import { changeAlarms, readAlarms } from './alarm-permissions';
import { changeCluster, readCluster, stateOfCluster, validateImages, type ClusterAccount } from './cluster-permissions';
import { changeStorage, changeStorageKeys, neverReadValues, readStorage } from './cluster-storage-permissions';
import { changeData, changeGroups, readGroups } from './group-permissions';
import { changeNetwork, readNetwork } from './network-permissions';
import { runSmokeTest } from './smoke-permissions';

export interface DeploymentRolesProps extends ClusterAccount {
  readonly opsAccountId: string;
  /** Whether this environment proves images, and so may say which ones it has validated. */
  readonly proves: boolean;
  /** Whether its deployments run the smoke test. */
  readonly smoke: boolean;
}

/**
 * How the pipelines of the ops account get into this account: one role that deploys the cluster, one that only plans
 * it. Each trusts the CodeBuild project of its own step, and nothing else.
 */
export class DeploymentRoles extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentRolesProps) {
    super(scope, id);
    const { environment, opsAccountId, proves, smoke } = props;
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
        ...(proves ? [validateImages(props)] : []),
        ...(smoke ? runSmokeTest(props) : []),
        neverReadValues,
      ],
    });
    // Apart, since the inline policy holds 10,240 characters, and each of these 6,144 (IAM quotas).
    const parts = {
      DeploymentNetwork: [policies.deploymentNetwork, 'the network', changeNetwork(props)],
      DeploymentStorage: [
        policies.deploymentStorage,
        'secrets and storage',
        [...readStorage(props), ...changeStorage(props)],
      ],
      DeploymentStorageKeys: [
        policies.deploymentStorageKeys,
        "the storage's user and its keys",
        changeStorageKeys(props),
      ],
      DeploymentAlarms: [policies.deploymentAlarms, 'the alarms', [...readAlarms(props), ...changeAlarms(props)]],
      DeploymentGroups: [policies.deploymentGroups, 'groups', [...readGroups(props), ...changeGroups(props)]],
      DeploymentData: [policies.deploymentData, 'the data volume and its snapshots', changeData(props)],
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
        ...readCluster(props),
        ...readNetwork(props),
        ...readStorage(props),
        ...readGroups(props),
        ...readAlarms(props),
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
