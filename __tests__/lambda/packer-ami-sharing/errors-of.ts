import { BatchGetBuildsCommand } from '@aws-sdk/client-codebuild';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { isTransient } from '../../../lambda/common/retry';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import type { ClientConfig, Factory } from './factory';

/** What a call of each service becomes that meets the fault: all that the SDK and the function look at. */
export async function errorsOf(factory: Factory, fault: Fault, config: ClientConfig): Promise<readonly object[]> {
  const watched = await factory.watched(() => fault, config);
  const { clients } = watched;
  const { iam } = clients.inAccount({ accessKeyId: '222222222222', secretAccessKey: 'secret', sessionToken: 'token' });
  const calls = [
    clients.ec2.send(new DescribeImagesCommand({})),
    clients.ssm.send(new GetParametersCommand({ Names: ['/boundless'] })),
    clients.sts.send(
      new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::222222222222:role/reader', RoleSessionName: 'test' }),
    ),
    clients.codebuild.send(new BatchGetBuildsCommand({ ids: ['packer-build-project:1'] })),
    clients.kms.send(new DescribeKeyCommand({ KeyId: factory.imageKeyArn })),
    clients.events.send(new PutEventsCommand({ Entries: [{ Source: 'test', DetailType: 'test', Detail: '{}' }] })),
    iam.send(new GetRoleCommand({ RoleName: 'AWSServiceRoleForAutoScaling' })),
  ];
  const errors = await Promise.all(calls.map((call: Promise<unknown>) => call.then(() => undefined, seen)));
  await watched.close();
  return errors.flatMap((error) => error ?? []);
}

function seen(error: unknown): object {
  const { name, code, $metadata, $retryable, message } = error as Error & Partial<Record<string, unknown>>;
  const { httpStatusCode, attempts } = ($metadata ?? {}) as Readonly<Record<string, unknown>>;
  // Errors of Node.js sockets are of another realm than Jest's: the SDK takes them for no errors, and wraps them.
  const [, wrapped] = /^AWS SDK error wrapper for (\w+): socket hang up$/.exec(message) ?? [];
  if (wrapped !== undefined || code === 'ECONNRESET') return { name: wrapped ?? name, attempts };
  const text = name === 'TimeoutError' ? 'of the SDK' : message;
  return { name, code, $retryable, httpStatusCode, attempts, text, transient: isTransient(error) };
}
