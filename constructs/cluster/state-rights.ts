import { stacks, stateBucket, stateKey } from '../../config/names';
import type { Account } from '../base/account';
import type { Statement } from '../base/policy';
import { bucketArn } from '../base/account';

/**
 * The stack's own state, and the lock beside it: Terraform writes and removes `<key>.tflock` for every plan too
 * (docs/facts/cdktf.md#s3-backend). It also lists the states of other workspaces, below `env:/`, of which there are none.
 */
export function state(account: Account, access: 'read' | 'write'): Statement[] {
  const bucket = bucketArn(stateBucket(account.accountId, account.region));
  const key = stateKey(stacks.cluster(account.environment));
  return [
    {
      Sid: 'ListState',
      Action: 's3:ListBucket',
      Resource: bucket,
      Condition: { StringLike: { 's3:prefix': [key, `${key}.tflock`, 'env:/'] } },
    },
    {
      Sid: 'State',
      Action: access === 'write' ? ['s3:GetObject', 's3:PutObject'] : 's3:GetObject',
      Resource: `${bucket}/${key}`,
    },
    {
      Sid: 'StateLock',
      Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: `${bucket}/${key}.tflock`,
    },
  ];
}
