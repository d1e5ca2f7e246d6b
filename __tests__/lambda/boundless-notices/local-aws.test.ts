import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { handlerWith } from '../../../lambda/boundless-notices/handler';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { matches } from '../../../lab/rehearse/rule';
import { resourceWith, stackOf, synthesize } from '../../support/synthesized';
import { describeWith, localAws } from '../../support/tools';
import {
  approvalEvent,
  buildEvent,
  context,
  environment,
  mockedAws,
  opsAccount,
  pipelineEvent,
  region,
  sharingEvent,
  type ChatMessage,
} from './support';

jest.setTimeout(60_000);

const saved = { ...process.env };

describeWith([localAws], 'notices on the local AWS', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws(region);
  });
  afterAll(() => aws.stop());
  beforeEach(() => {
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });

  test('subscribers that are no e-mail get the form that Amazon Q reads', async () => {
    const settings = await aws.clientSettings(opsAccount);
    const [sns, sqs] = [new SNSClient(settings), new SQSClient(settings)];
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'boundless-status' }));
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'subscriber' }));
    const Endpoint = `arn:aws:sqs:${region}:${opsAccount}:subscriber`;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));

    process.env = { ...saved, ...environment, STATUS_TOPIC_ARN: TopicArn };
    const event = sharingEvent('AMI Sharing Failed', { error: 'ImageRefusedError', message: 'no', permanent: true });
    const published = await handlerWith({ ...mockedAws().clients, sns })(event, context);
    expect(published).toMatchObject({ title: 'An image was not shared: ImageRefusedError' });

    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const { Message, Subject } = JSON.parse(message?.Body ?? '') as { Message: string; Subject: string };
    expect(Subject).toBe('Boundless: An image was not shared: ImageRefusedError');
    expect(JSON.parse(Message) as ChatMessage).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: { title: ':x: An image was not shared: ImageRefusedError' },
    });
  });

  describe('rules', () => {
    const ops = stackOf(synthesize(), 'ops');
    const rules = [
      'boundless-notices-builds',
      'boundless-notices-sharing',
      'boundless-notices-pipelines',
      'boundless-notices-deployments',
      'boundless-notices-approvals',
    ];
    const pipeline = (state: string, name: string) => pipelineEvent(state, name);

    test.each<[string, unknown, string | undefined]>([
      ['a build that succeeded', buildEvent('SUCCEEDED'), rules[0]],
      ['a build that failed', buildEvent('FAILED'), rules[0]],
      ['a build that timed out', buildEvent('TIMED_OUT'), rules[0]],
      ['a build that runs', buildEvent('IN_PROGRESS'), undefined],
      ['a build of another project', buildEvent('FAILED', { 'project-name': 'other' }), undefined],
      ['a build of another account', { ...buildEvent(), account: '999999999999' }, undefined],
      ['sharing that worked', sharingEvent('AMI Shared', {}), rules[1]],
      ['sharing that failed', sharingEvent('AMI Sharing Failed', {}), rules[1]],
      ['a withdrawal', sharingEvent('AMI Withdrawn', {}), rules[1]],
      ['a repair', sharingEvent('AMI Drift Found', {}), rules[1]],
      ['a deployment that failed', pipeline('FAILED', 'prover-cluster-production'), rules[2]],
      ['a deployment that was stopped', pipeline('STOPPED', 'prover-cluster-staging'), rules[2]],
      ['a pipeline of builds that failed', pipeline('FAILED', 'packer-pipeline'), rules[2]],
      ['a deployment that worked', pipeline('SUCCEEDED', 'prover-cluster-production'), rules[3]],
      ['a pipeline of builds that worked', pipeline('SUCCEEDED', 'packer-pipeline'), undefined],
      ['a deployment that starts', pipeline('STARTED', 'prover-cluster-production'), undefined],
      ['a pipeline of another project', pipeline('FAILED', 'website'), undefined],
      ['an approval that is asked for', approvalEvent('STARTED'), rules[4]],
      ['an approval that was given', approvalEvent('SUCCEEDED'), rules[4]],
      ['an approval that was refused', approvalEvent('FAILED'), rules[4]],
      ['an action that is no approval', approvalEvent('STARTED', { category: 'Build' }), undefined],
    ])('%s', async (_, event, expected) => {
      const events = new EventBridgeClient(await aws.clientSettings(opsAccount));
      const matching = [];
      for (const name of rules) {
        const pattern = String(resourceWith(ops, 'aws_cloudwatch_event_rule', 'name', name)['event_pattern']);
        // EventBridge takes patterns of 2,048 characters (Amazon EventBridge User Guide, "Quotas").
        expect(pattern.length).toBeLessThan(2048);
        if (await matches(events, pattern, event)) matching.push(name);
      }
      expect(matching).toEqual(expected === undefined ? [] : [expected]);
    });
  });
});
