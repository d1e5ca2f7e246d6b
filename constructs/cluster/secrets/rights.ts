import type { Statement } from '../../base/policy';

/** For roles of pipelines: whatever other policies allow, they read no value. */
export const denyRead: Statement = {
  Sid: 'DenySecretRead',
  Effect: 'Deny',
  Action: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
  Resource: '*',
};
