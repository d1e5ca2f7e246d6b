import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The prefix of a service in IAM, where it is not the client's name. */
const services: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  'secrets-manager': 'secretsmanager',
  'service-quotas': 'servicequotas',
};

/** The action that allows a call, where it has another name (Service Authorization Reference). */
const actions: Readonly<Record<string, string>> = {
  'lambda:Invoke': 'lambda:InvokeFunction',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:HeadBucket': 's3:ListBucket',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
};

/** The actions of IAM that the calls of a folder's files need, in order. `sts:GetCallerIdentity` needs none. */
export function actionsOf(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const called = files.flatMap((name) => {
    const text = readFileSync(path.join(folder, name), 'utf8');
    return [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        names.split(',').flatMap((one) => {
          const [, command, paginated] = /^(?:(\w+)Command|paginate(\w+))$/.exec(one.trim()) ?? [];
          const call = command ?? paginated;
          return call === undefined ? [] : [`${services[client] ?? client}:${call}`];
        }),
    );
  });
  const needed = called.map((call) => actions[call] ?? call).filter((action) => action !== 'sts:GetCallerIdentity');
  return [...new Set(needed)].sort();
}
