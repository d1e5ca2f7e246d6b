import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import type { AccountCredentials } from '../common/assumed-role';
import { boundedClient, type ClientOverrides } from '../common/bounded-client';

/** How the function reaches AWS: as its own role in the ops account, and as other roles in the service accounts. */
export interface Clients {
  readonly codebuild: CodeBuildClient;
  readonly ec2: EC2Client;
  readonly events: EventBridgeClient;
  readonly kms: KMSClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  /** Clients of the account that the credentials are of. The caller destroys them. */
  readonly inAccount: (credentials: AccountCredentials) => AccountClients;
}

/** What the function uses in a service account. */
export interface AccountClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}

/**
 * Clients in the function's own account and region.
 *
 * @param config what differs from the function's environment and from the limits above
 */
export function awsClients(config: ClientOverrides<SSMClientConfig> = {}): Clients {
  const common = { ...boundedClient, ...config };
  return {
    codebuild: new CodeBuildClient(common),
    ec2: new EC2Client(common),
    events: new EventBridgeClient(common),
    kms: new KMSClient(common),
    ssm: new SSMClient(common),
    sts: new STSClient(common),
    inAccount: (credentials) => {
      const own = { ...common, credentials };
      return { ec2: new EC2Client(own), iam: new IAMClient(own), ssm: new SSMClient(own) };
    },
  };
}
