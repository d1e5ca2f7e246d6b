import type { Statement } from './policy';

/**
 * What an instance needs to answer Session Manager: the part of `AmazonSSMManagedInstanceCore` that a session takes,
 * without its right to read every parameter. The actions have no resources (Systems Manager User Guide, "Create a
 * custom IAM role for Session Manager").
 */
export const sessionAgentStatement = (): Statement => ({
  Sid: 'SessionManager',
  Action: [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  Resource: '*',
});
