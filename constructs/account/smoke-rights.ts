import { smokeDocument, stacks } from '../../config/names';
import type { Statement } from '../base/policy';
import type { Account } from '../base/account';

/**
 * Starts the smoke test on the cluster's managers, and follows it: with this one document, and on no other instances.
 * SendCommand asks for the document and for each instance (Service Authorization Reference, "AWS Systems Manager").
 */
export const runSmokeTest = (account: Account): Statement[] => [
  {
    Sid: 'SendSmokeTest',
    Action: 'ssm:SendCommand',
    Resource: account.arn('ssm', `document/${smokeDocument(account.environment)}`),
  },
  {
    Sid: 'SendToManagers',
    Action: 'ssm:SendCommand',
    Resource: account.arn('ec2', 'instance/*'),
    Condition: {
      StringEquals: { 'ssm:resourceTag/Stack': stacks.cluster(account.environment), 'ssm:resourceTag/Role': 'manager' },
    },
  },
  {
    // It has no resources (the same).
    Sid: 'ReadSmokeTestResult',
    Action: 'ssm:GetCommandInvocation',
    Resource: '*',
    Condition: account.inRegion,
  },
];
