import { clusterPath, stacks } from '../../../config/names';
import type { Account } from '../../base/account';
import type { Statement } from '../../base/policy';

const secretsOf = (account: Account): string =>
  account.arn('secretsmanager', `secret:${clusterPath(account.environment)}/*`);

/** A caller that may change a secret's policy could let itself in: a deny overrides that. */
export const denyRead: Statement = {
  Sid: 'DenySecretRead',
  Effect: 'Deny',
  Action: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
  Resource: '*',
};

/** What Terraform reads of secrets. Values are not among it: what Terraform writes into them it never reads back. */
export const read = (account: Account): Statement[] => [
  {
    // These have no resources (Service Authorization Reference, "AWS Secrets Manager", "AWS Systems Manager"). Every plan
    // makes up passwords, and forgets them.
    Sid: 'GeneratePasswordsAndListParameters',
    Action: ['secretsmanager:GetRandomPassword', 'ssm:DescribeParameters'],
    Resource: '*',
    Condition: account.inRegion,
  },
  {
    Sid: 'ReadSecrets',
    Action: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetResourcePolicy',
      'secretsmanager:ListSecretVersionIds',
    ],
    Resource: secretsOf(account),
  },
];

/** What Terraform changes of secrets. */
export const change = (account: Account): Statement[] => [
  {
    Sid: 'ChangeSecrets',
    Action: [
      'secretsmanager:CancelRotateSecret',
      'secretsmanager:CreateSecret',
      'secretsmanager:DeleteResourcePolicy',
      'secretsmanager:DeleteSecret',
      'secretsmanager:PutResourcePolicy',
      'secretsmanager:RotateSecret',
      'secretsmanager:TagResource',
      'secretsmanager:UntagResource',
      'secretsmanager:UpdateSecret',
    ],
    Resource: secretsOf(account),
  },
  {
    // The others have their values from people and from the function.
    Sid: 'WritePasswords',
    Action: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
    Resource: `${secretsOf(account)}-password-??????`,
  },
  {
    // Secrets Manager encrypts a value with its writer's rights, and checks both (AWS Secrets Manager User Guide,
    // "Secret encryption and decryption").
    Sid: 'EncryptSecrets',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: account.keys,
    Condition: {
      StringEquals: {
        'kms:ViaService': `secretsmanager.${account.region}.amazonaws.com`,
        'aws:ResourceTag/Stack': stacks.cluster(account.environment),
      },
    },
  },
];
