import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { Construct } from 'constructs';
import { instanceRoles, policies, stacks } from '../../config/names';
import { AccountStack } from '../base/account-stack';
import type { Account } from '../base/account';
import { policyDocument, type Statement } from '../base/policy';
import * as snapshots from '../cluster/data/rights';
import * as instance from '../cluster/instances/instance-rights';
import * as flowLogs from '../cluster/network/rights';
import { keysBoundary, runBento } from '../cluster/storage/storage-rights';

/**
 * The most that an instance of the cluster can ever do, whatever policies its role is given: who may write policies of
 * these roles can give no more than this. It grows with what the instances need.
 */
export class InstanceBoundary extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    new IamPolicy(this, 'Resource', {
      name: policies.instanceBoundary,
      description: `The most that machines of ${stacks.cluster(account.environment)} may do`,
      policy: policyDocument(...boundaryStatements(account)),
    });
  }
}

/** The same for the storage's user, and for the function that makes its keys. */
export class StorageBoundaries extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    new IamPolicy(this, 'User', {
      name: policies.storageBoundary,
      description: `The most that the user of the storage of ${stacks.cluster(account.environment)} may do`,
      policy: policyDocument(...runBento(account, true)),
    });
    new IamPolicy(this, 'Keys', {
      name: policies.storageKeysBoundary,
      description: `The most that the function which makes the storage's keys may do`,
      policy: policyDocument(...keysBoundary(account)),
    });
  }
}

/** The most that a role of a cluster may ever do: all of the above together. */
function boundaryStatements(account: Account): Statement[] {
  const all = [
    ...instanceRoles.flatMap((role) => instance.run(account, role)),
    ...flowLogs.run(account),
    ...snapshots.run(account),
  ];
  const bySid = new Map<string, Statement>();
  for (const statement of all) {
    const known = bySid.get(statement.Sid);
    const resources = [...new Set([known?.Resource ?? [], statement.Resource ?? []].flat())];
    bySid.set(statement.Sid, { ...statement, Resource: resources.length === 1 ? (resources[0] ?? []) : resources });
  }
  return [...bySid.values()];
}
