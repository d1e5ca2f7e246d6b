import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import type { AccountCredentials } from '../common/assumed-role';
import { boundedClient, type ClientOverrides } from '../common/bounded-client';

/** What the function reads an account with. */
export interface AccountClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

/** How the function reaches AWS: as its own role in the ops account, and as the usage reader in the service accounts. */
export interface Clients extends AccountClients {
  readonly events: EventBridgeClient;
  readonly s3: S3Client;
  readonly sts: STSClient;
  /** Clients of the account that the credentials are of. The caller destroys them. */
  readonly inAccount: (credentials: AccountCredentials) => AccountClients;
}

/**
 * Clients in the function's own account and region.
 *
 * @param config what differs from the function's environment and from the limits of every function
 */
export function awsClients(config: ClientOverrides<SSMClientConfig> = {}): Clients {
  const common = { ...boundedClient, ...config };
  const account = (own: typeof common): AccountClients => ({
    autoScaling: new AutoScalingClient(own),
    ec2: new EC2Client(own),
    ssm: new SSMClient(own),
  });
  return {
    ...account(common),
    events: new EventBridgeClient(common),
    s3: new S3Client(common),
    sts: new STSClient(common),
    inAccount: (credentials) => account({ ...common, credentials }),
  };
}
