import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

/** How the function reaches AWS: as its own role in the ops account, and as another role in a service account. */
export interface Clients {
  readonly codebuild: CodeBuildClient;
  readonly ec2: EC2Client;
  readonly sts: STSClient;
  /** Parameter Store of the account that the credentials are of. Whoever asks for it destroys it. */
  readonly ssm: (credentials: AccountCredentials) => SSMClient;
}

/** Credentials of a role in a service account, for 15 min. */
export interface AccountCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * 5 attempts with the standard back-off (100 ms, doubled, jitter) ride out throttling and short faults within seconds,
 * and leave longer ones to the retries of the invocation, which are minutes apart. Adaptive mode would slow all calls
 * of a client after one throttled call; there are a few dozen calls per image. A call that hangs is cut after 10 s:
 * without a limit, one dead connection would use up the function's whole time.
 */
const bounded = {
  maxAttempts: 5,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} satisfies SSMClientConfig;

/** Clients in the function's own account and region. */
export const awsClients = (): Clients => ({
  codebuild: new CodeBuildClient(bounded),
  ec2: new EC2Client(bounded),
  sts: new STSClient(bounded),
  ssm: (credentials) => new SSMClient({ ...bounded, credentials }),
});
