import { smokeDocument, stacks } from '../../config/names';
import type { Statement } from '../base/policy';
import type { ClusterAccount } from './cluster-permissions';

/**
 * Starts the smoke test on the cluster's managers, and follows it: with this one document, and on no other instances.
 * SendCommand asks for the document and for each instance (Service Authorization Reference, "AWS Systems Manager").
 */
export const runSmokeTest = ({ environment, accountId, region }: ClusterAccount): Statement[] => [
  {
    Sid: 'SendSmokeTest',
    Action: 'ssm:SendCommand',
    Resource: `arn:aws:ssm:${region}:${accountId}:document/${smokeDocument(environment)}`,
  },
  {
    Sid: 'SendToManagers',
    Action: 'ssm:SendCommand',
    Resource: `arn:aws:ec2:${region}:${accountId}:instance/*`,
    Condition: {
      StringEquals: { 'ssm:resourceTag/Stack': stacks.cluster(environment), 'ssm:resourceTag/Role': 'manager' },
    },
  },
  {
    // It has no resources (the same).
    Sid: 'FollowSmokeTest',
    Action: 'ssm:GetCommandInvocation',
    Resource: '*',
    Condition: { StringEquals: { 'aws:RequestedRegion': region } },
  },
];
