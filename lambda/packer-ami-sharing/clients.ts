import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

/** How the function reaches AWS: as its own role in the ops account, and as other roles in the service accounts. */
export interface Clients {
  readonly codebuild: CodeBuildClient;
  readonly ec2: EC2Client;
  readonly events: EventBridgeClient;
  readonly kms: KMSClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  /** Clients of the account that the credentials are of. Whoever asks for them destroys them. */
  readonly inAccount: (credentials: AccountCredentials) => AccountClients;
}

/** What the function uses in a service account. */
export interface AccountClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}

/** Credentials of a role in a service account, for 15 min. */
export interface AccountCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * 5 attempts with the standard back-off (100 ms, doubled, jitter) ride out throttling and short faults within seconds,
 * and leave longer ones to `retry.ts` and to the retries of the invocation, which are minutes apart. Adaptive mode would
 * slow all calls of a client after one throttled call; there are a few dozen calls per image. A call that hangs is cut
 * after 10 s: without a limit, one dead connection would use up the function's whole time.
 */
const bounded = {
  maxAttempts: 5,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} satisfies SSMClientConfig;

/**
 * Clients in the function's own account and region.
 *
 * @param config what differs from the function's environment and from the limits above
 */
export function awsClients(
  config: Pick<SSMClientConfig, keyof typeof bounded | 'credentials' | 'endpoint' | 'region'> = {},
): Clients {
  const common = { ...bounded, ...config };
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
