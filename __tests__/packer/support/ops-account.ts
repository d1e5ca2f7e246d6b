import { EC2Client } from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { keyAliases, packerBuilderProfile } from '../../../config/names';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { awsCliPath } from '../../support/aws-cli';
import { startEc2Proxy, type Ec2Proxy } from './ec2-proxy';

/** The source image that the local AWS has. */
export const sourceImage = 'ami-0a1b2c3d4e5f60001';

export interface OpsAccount {
  readonly accountId: string;
  readonly aws: LocalAws;
  readonly proxy: Ec2Proxy;
  readonly ec2: EC2Client;
  /** ARN of the key that encrypts images. */
  readonly keyArn: string;
  /** Environment of a program that acts in the account, over the proxy. */
  readonly environment: Readonly<Record<string, string>>;
}

/** An ops account on a local AWS, with what its stack makes and a build needs, for the tests of the file. */
export function opsAccount(): OpsAccount {
  const PATH = awsCliPath();
  const account = { accountId: '111111111111' } as { -readonly [name in keyof OpsAccount]: OpsAccount[name] };
  beforeAll(async () => {
    account.aws = await startLocalAws('us-west-2');
    account.proxy = await startEc2Proxy(account.aws.endpoint);
    const settings = await account.aws.clientSettings(account.accountId);
    account.ec2 = new EC2Client(settings);
    const kms = new KMSClient(settings);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    account.keyArn = KeyMetadata!.Arn!;
    await kms.send(new CreateAliasCommand({ AliasName: keyAliases.ami, TargetKeyId: account.keyArn }));
    await new IAMClient(settings).send(new CreateInstanceProfileCommand({ InstanceProfileName: packerBuilderProfile }));
    const environment = await account.aws.environment(account.accountId);
    account.environment = { ...environment, PATH, AWS_ENDPOINT_URL: account.proxy.endpoint };
  });
  beforeEach(() => {
    account.proxy.reset();
  });
  afterAll(async () => {
    await account.proxy.close();
    await account.aws.stop();
  });
  return account;
}
