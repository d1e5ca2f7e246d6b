import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { Construct } from 'constructs';
import { policies, stacks } from '../../config/names';
import { AccountStack } from '../base/account-stack';
import { movedFrom } from '../base/earlier-addresses';
import { policyDocument } from '../base/policy';
import { keysBoundary, runBento } from '../cluster/storage/storage-rights';

/** The most that the storage's user, and the function that makes its keys, may do, whatever policies they are given. */
export class StorageBoundaries extends Construct {
  /** ARNs. */
  readonly user: string;
  readonly keys: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const user = new IamPolicy(this, 'User', {
      name: policies.storageBoundary,
      description: `The most that the user of the storage of ${stacks.cluster(account.environment)} may do`,
      policy: policyDocument(...runBento(account, true)),
    });
    const keys = new IamPolicy(this, 'Keys', {
      name: policies.storageKeysBoundary,
      description: `The most that the function which makes the storage's keys may do`,
      policy: policyDocument(...keysBoundary(account)),
    });
    // Their addresses of before.
    movedFrom(user, 'aws_iam_policy.DeploymentRoles_StorageBoundaries_User_1FF6DF5E');
    movedFrom(keys, 'aws_iam_policy.DeploymentRoles_StorageBoundaries_Keys_E2D40F7D');
    this.user = user.arn;
    this.keys = keys.arn;
  }
}
