import type { BatchGetBuildsCommandInput } from '@aws-sdk/client-codebuild';
import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import {
  ParameterNotFound,
  type GetParametersByPathCommandInput,
  type GetParametersCommandInput,
} from '@aws-sdk/client-ssm';
import type { Answers } from './call';
import { sees } from './image';

/** The other services' answers, as their API references describe them, as far as sharing uses them. */
export const otherAnswers: Answers = {
  GetParameters: (aws, { account, input }) => {
    const { parameters } = aws.account(account);
    const { Names = [] } = input as unknown as GetParametersCommandInput;
    return {
      Parameters: Names.flatMap((Name) => (parameters.has(Name) ? [{ Name, Value: parameters.get(Name) }] : [])),
    };
  },

  GetParametersByPath: (aws, { account, input }) => {
    const { Path = '' } = input as unknown as GetParametersByPathCommandInput;
    const under = [...aws.account(account).parameters].filter(([Name]) => Name.startsWith(`${Path}/`));
    return { Parameters: under.map(([Name, Value]) => ({ Name, Value })) };
  },

  PutParameter: (aws, { account, input }) => {
    const value = String(input['Value']);
    // Parameter Store checks an image after its answer, and drops one that the caller can't see.
    const image = aws.images.get(value);
    const isImage = input['DataType'] === 'aws:ec2:image';
    if (!isImage || (image !== undefined && sees(account, image)))
      aws.account(account).parameters.set(String(input['Name']), value);
    return {};
  },

  DeleteParameter: (aws, { account, input }) => {
    const name = String(input['Name']);
    if (!aws.account(account).parameters.delete(name)) throw new ParameterNotFound({ message: name, $metadata: {} });
    return {};
  },

  /** The access key is the account's id, and the session token the ARN of the role. */
  AssumeRole: (_, { input }) => {
    const role = String(input['RoleArn']);
    return { Credentials: { AccessKeyId: role.split(':')[4], SecretAccessKey: 'secret', SessionToken: role } };
  },

  PutEvents: (aws, { input }) => {
    const { Entries: [entry] = [] } = input as unknown as PutEventsCommandInput;
    const detail = JSON.parse(entry?.Detail ?? '') as Record<string, unknown>;
    aws.events.push({ type: entry?.DetailType ?? '', detail });
    return { Entries: [{ EventId: '1' }] };
  },

  BatchGetBuilds: (aws, { input }) => {
    const { ids = [] } = input as unknown as BatchGetBuildsCommandInput;
    return {
      builds: [...aws.images.values()]
        .filter(({ buildId }) => ids.includes(buildId))
        .map(({ id, buildId, built }) => ({
          id: buildId,
          buildStatus: built ? 'SUCCEEDED' : 'FAILED',
          exportedEnvironmentVariables: [{ name: 'AMI_ID', value: id }],
        })),
    };
  },
};
