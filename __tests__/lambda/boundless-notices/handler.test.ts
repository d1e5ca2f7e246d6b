import { PublishCommand } from '@aws-sdk/client-sns';
import { handlerWith } from '../../../lambda/boundless-notices/handler';
import { identityPolicy, listOf } from '../../support/policies';
import { stackOf, synthesize } from '../../support/synthesized';
import {
  action,
  approvalEvent,
  buildEvent,
  buildId,
  commit,
  context,
  environment,
  executionId,
  goodBuild,
  imageId,
  mockedAws,
  pipelineEvent,
  secret,
  sharingEvent,
  statusTopicArn,
  type MockedAws,
} from './support';

const saved = { ...process.env };
let lines: string[];

beforeEach(() => {
  lines = [];
  process.env = { ...saved, ...environment };
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = saved;
});

const handle = (aws: MockedAws, event: unknown) => handlerWith(aws.clients)(event, context);
const metrics = () =>
  lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((entry) => '_aws' in entry)
    .map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => name !== '_aws')));

async function emailOf(aws: MockedAws, event: unknown): Promise<string> {
  await handle(aws, event);
  const [published, ...more] = aws.published();
  expect(more).toEqual([]);
  return published!.email;
}

describe('a build', () => {
  test('that baked an image notifies with all its facts, and is measured', async () => {
    const aws = mockedAws();
    expect(await emailOf(aws, buildEvent())).toBe(
      [
        'Build of the prover image succeeded (v1.2.2)',
        '',
        `Image: ${imageId}`,
        'Version: v1.2.2',
        'Broker: v1.2.2',
        `Commit: ${commit.slice(0, 12)}`,
        'Duration: 59 min 57 s',
        `Build: ${buildId}`,
        '',
        'Log of the build:',
        goodBuild.logs?.deepLink,
      ].join('\n'),
    );
    const [{ input, chat }] = aws.published() as [ReturnType<MockedAws['published']>[0]];
    expect(input).toMatchObject({
      TopicArn: statusTopicArn,
      Subject: 'Boundless: Build of the prover image succeeded (v1.2.2)',
      MessageStructure: 'json',
    });
    expect(chat).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: ':white_check_mark: Build of the prover image succeeded (v1.2.2)',
        description: expect.stringContaining(`*Image:* ${imageId}\n`) as unknown,
      },
      metadata: { threadId: buildId },
    });
    expect(metrics()).toEqual([
      { service: 'boundless-notices', Image: 'prover', BuildSucceeded: 1 },
      { service: 'boundless-notices', Image: 'prover', ImageReused: 0 },
      { service: 'boundless-notices', Image: 'prover', BuildSeconds: 3597 },
    ]);
  });

  test('that found its image baked already does not count as build time', async () => {
    const exported = goodBuild.exportedEnvironmentVariables?.map((variable) =>
      variable.name === 'REUSED' ? { ...variable, value: 'true' } : variable,
    );
    const aws = mockedAws({ builds: [{ ...goodBuild, exportedEnvironmentVariables: exported }] });
    expect(await emailOf(aws, buildEvent())).toMatch(
      /^Build of the prover image found it baked already \(v1\.2\.2\)\n/,
    );
    expect(metrics()).toMatchObject([{ BuildSucceeded: 1 }, { ImageReused: 1 }]);
    expect(metrics()).toHaveLength(2);
  });

  test.each([
    ['FAILED', 'failed'],
    ['FAULT', 'failed'],
    ['TIMED_OUT', 'timed out'],
    ['STOPPED', 'was stopped'],
  ])('that ended as %s notifies where it failed, and what to do', async (status, how) => {
    const builds = [
      {
        ...goodBuild,
        exportedEnvironmentVariables: [],
        phases: [
          { phaseType: 'PRE_BUILD' as const, phaseStatus: 'SUCCEEDED' as const },
          {
            phaseType: 'BUILD' as const,
            phaseStatus: 'FAILED' as const,
            contexts: [{ message: `Error while executing command: ${secret}` }],
          },
        ],
      },
    ];
    const aws = mockedAws({ builds });
    const email = await emailOf(aws, buildEvent(status));
    expect(email).toMatch(new RegExp(`^Build of the prover image ${how}\n`));
    expect(email).toContain('Failed in: BUILD\n');
    expect(email).toContain('- The log shows which command failed.');
    expect(aws.published()[0]!.chat.content.title).toMatch(/^:x: /);
    expect(metrics()).toEqual([{ service: 'boundless-notices', Image: 'prover', BuildSucceeded: 0 }]);
  });

  test('whose notice could not be published is not measured, so that the retry does not count it twice', async () => {
    const aws = mockedAws();
    aws.sns.on(PublishCommand).rejectsOnce(new Error('throttled')).resolves({ MessageId: '2' });
    await expect(handle(aws, buildEvent())).rejects.toThrow('throttled');
    expect(metrics()).toEqual([{ service: 'boundless-notices', Failures: 1 }]);
    await handle(aws, buildEvent());
    expect(metrics().filter((entry) => 'BuildSucceeded' in entry)).toHaveLength(1);
  });
});

describe('sharing', () => {
  const account = (accountId: string, error?: string) => ({
    accountId,
    launchPermission: 'added',
    ...(error && { error }),
  });
  const image = { imageId, kind: 'prover', name: 'boundless-prover-v1.2.2-20260901171400', buildId };

  test('that worked notifies with the build that the image comes from', async () => {
    const detail = { ...image, accounts: [account('222222222222'), account('333333333333')] };
    const email = await emailOf(mockedAws(), sharingEvent('AMI Shared', detail));
    expect(email).toMatch(/^Shared the prover image with 2 accounts\n/);
    for (const line of [
      `Image: ${imageId}`,
      'Version: v1.2.2',
      `Commit: ${commit.slice(0, 12)}`,
      'Since the build ended: 1 min 3 s',
      `https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fpacker-ami-sharing`,
    ])
      expect(email).toContain(line);
  });

  test.each([
    [true, 'It will fail again until an operator repairs the cause'],
    [false, 'It is tried again twice.'],
  ])('that failed (permanent: %s) notifies why, and what to do', async (permanent, step) => {
    const detail = {
      ...image,
      error: 'ImageRefusedError',
      message: 'ImageRefusedError: it breaks 1 rules:\nowner',
      permanent,
      accounts: [account('333333333333', 'AccessDenied: no')],
    };
    const email = await emailOf(mockedAws(), sharingEvent('AMI Sharing Failed', detail));
    expect(email).toMatch(/^An image was not shared: ImageRefusedError\n/);
    for (const part of [
      'Why: ImageRefusedError: it breaks 1 rules: owner\n',
      'Account 333333333333: AccessDenied: no\n',
      step,
    ])
      expect(email).toContain(part);
  });

  test('of which only the error is known notifies all the same', async () => {
    const detail = { error: 'InvalidEventError', message: 'The event is refused', permanent: true };
    const aws = mockedAws();
    expect(await emailOf(aws, sharingEvent('AMI Sharing Failed', detail))).toContain('Why: The event is refused');
    expect(aws.used()).toEqual(['sns:Publish']);
  });

  test('withdrawals and repairs notify', async () => {
    const withdrawn = {
      imageId,
      kind: 'prover',
      name: image.name,
      reason: 'does not boot',
      accounts: [{ accountId: '222222222222' }],
    };
    expect(await emailOf(mockedAws(), sharingEvent('AMI Withdrawn', withdrawn))).toMatch(
      /^The prover image was withdrawn\n[^]*Why: does not boot\n/,
    );
    const found = { driftFound: 3, publicImages: [imageId], drift: [] };
    expect(await emailOf(mockedAws(), sharingEvent('AMI Drift Found', found))).toMatch(
      new RegExp(`^Drift of shared images was found and is being repaired: 3\n[^]*Public until now: ${imageId}\n`),
    );
  });
});

describe('a pipeline', () => {
  test('that deployed notifies with its images and its duration', async () => {
    const actions = [
      action('CodeBuild', 'Succeeded', {
        output: {
          outputVariables: { MANAGER_IMAGE_ID: 'ami-0aaaaaaaaaaaaaaaa', MANAGER_VERSION: 'v1.2.2', TOKEN: secret },
        },
      }),
      action('CodeBuild', 'Succeeded', { output: { outputVariables: { MANAGER_IMAGE_ID: 'ami-0bbbbbbbbbbbbbbbb' } } }),
    ];
    const email = await emailOf(mockedAws({ actions }), pipelineEvent());
    expect(email).toBe(
      [
        'Pipeline prover-cluster-staging succeeded',
        '',
        // The newest action comes first in the list, and its variables count.
        'manager image: ami-0aaaaaaaaaaaaaaaa',
        'manager version: v1.2.2',
        `prover image: ${imageId}`,
        `Commit: ${commit.slice(0, 12)}`,
        'Duration: 22 min 2 s',
        `Execution: ${executionId}`,
        '',
        'Execution:',
        `https://us-west-2.console.aws.amazon.com/codesuite/codepipeline/pipelines/prover-cluster-staging/executions/${executionId}/timeline?region=us-west-2`,
      ].join('\n'),
    );
  });

  test('that failed notifies where, with a link to the log', async () => {
    const output = {
      executionResult: {
        externalExecutionUrl: 'https://console.aws.amazon.com/codebuild/builds/1',
        errorDetails: { code: 'JobFailed', message: `Build terminated: ${secret}` },
      },
    };
    const actions = [action('CodeStarSourceConnection', 'Succeeded'), action('CodeBuild', 'Failed', { output })];
    const email = await emailOf(mockedAws({ actions }), pipelineEvent('FAILED'));
    expect(email).toMatch(/^Pipeline prover-cluster-staging failed\n/);
    expect(email).toContain('Failed in: Deploy, Apply, JobFailed\n');
    expect(email).toContain('Log of Apply:\nhttps://console.aws.amazon.com/codebuild/builds/1\n');
  });

  test.each([
    ['builds of images that failed', 'packer-pipeline', 'CodeBuild', false],
    ['an approval that was refused', 'prover-cluster-production', 'Manual', false],
    ['a source that failed', 'packer-pipeline', 'CodeStarSourceConnection', true],
    ['a deployment that failed', 'prover-cluster-production', 'CodeBuild', true],
  ])('that failed for %s notifies once', async (_, pipeline, provider, notifies) => {
    const aws = mockedAws({ actions: [action(provider, 'Failed')] });
    await handle(aws, pipelineEvent('FAILED', pipeline));
    expect(aws.published()).toHaveLength(notifies ? 1 : 0);
  });
});

describe('an approval', () => {
  const approval = (changes = {}) =>
    action('Manual', 'InProgress', {
      actionExecutionId: 'action-2',
      updatedBy: 'arn:aws:sts::111111111111:assumed-role/Approver/jane',
      input: {
        resolvedConfiguration: {
          CustomData: '2 to change, 0 to destroy\nprover ami-1 -> ami-2',
          ExternalEntityLink: 'https://console.aws.amazon.com/codebuild/plan',
        },
      },
      ...changes,
    });

  test('that is asked for shows the plan, and where to answer', async () => {
    const aws = mockedAws({ actions: [approval()] });
    const email = await emailOf(aws, approvalEvent());
    expect(email).toMatch(/^Approval of prover-cluster-production is asked for\n/);
    for (const part of [
      'Plan: 2 to change, 0 to destroy\nprover ami-1 -> ami-2\n',
      `prover image: ${imageId}\n`,
      'Plan:\nhttps://console.aws.amazon.com/codebuild/plan\n',
      'Approve or refuse:\nhttps://us-west-2.console.aws.amazon.com/codesuite/codepipeline/pipelines/prover-cluster-production/view?region=us-west-2',
    ])
      expect(email).toContain(part);
    expect(email).not.toContain('By: ');
    expect(aws.published()[0]!.chat.content.title).toMatch(/^:raised_hand: /);
    expect(aws.published()[0]!.chat.content.description).toContain('prover ami-1 -&gt; ami-2');
  });

  test.each([
    ['SUCCEEDED', 'was given'],
    ['FAILED', 'was refused, or nobody gave it in time'],
  ])('that ended as %s notifies who answered, and how long it waited', async (state, how) => {
    const email = await emailOf(mockedAws({ actions: [approval()] }), approvalEvent(state));
    expect(email).toMatch(new RegExp(`^Approval of prover-cluster-production ${how}\n`));
    expect(email).toContain('Waited: 2 h 5 min\nBy: jane\n');
  });

  test('that CodePipeline does not list yet notifies with what is known', async () => {
    const email = await emailOf(mockedAws({ execution: {} }), approvalEvent());
    expect(email).toBe(
      [
        'Approval of prover-cluster-production is asked for',
        '',
        'Action: Approve',
        `Execution: ${executionId}`,
        '',
        '- Read the plan, then approve or refuse it in the pipeline.',
        '',
        'Approve or refuse:',
        'https://us-west-2.console.aws.amazon.com/codesuite/codepipeline/pipelines/prover-cluster-production/view?region=us-west-2',
      ].join('\n'),
    );
  });
});

describe('the watch', () => {
  const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000);
  const stage = (latestExecution: object) => [
    { stageName: 'S', actionStates: [{ actionName: 'Approve', latestExecution }] },
  ];

  test.each([
    ['an approval that waits', { status: 'InProgress', token: 't', lastStatusChange: at(25) }, 25],
    ['an approval that was given', { status: 'Succeeded', token: 't', lastStatusChange: at(25) }, 0],
    ['a build that takes long', { status: 'InProgress', lastStatusChange: at(25) }, 0],
  ])('measures %s', async (_, execution, hours) => {
    const aws = mockedAws({ stages: { 'prover-cluster-production': stage(execution) } });
    await handle(aws, { command: 'watch' });
    expect(metrics()).toEqual([{ service: 'boundless-notices', ApprovalHours: expect.closeTo(hours, 2) as unknown }]);
    expect(aws.published()).toEqual([]);
  });

  test('of no pipelines measures zero: that proves that it ran', async () => {
    process.env['APPROVAL_PIPELINES'] = '';
    await handle(mockedAws(), { command: 'watch' });
    expect(metrics()).toEqual([{ service: 'boundless-notices', ApprovalHours: 0 }]);
  });

  test('of a pipeline that is gone fails, after the others were measured', async () => {
    process.env['APPROVAL_PIPELINES'] = 'gone,prover-cluster-production';
    const stages = {
      'prover-cluster-production': stage({ status: 'InProgress', token: 't', lastStatusChange: at(3) }),
    };
    await expect(handle(mockedAws({ stages }), { command: 'watch' })).rejects.toThrow(
      'Approvals of 1 pipelines could not be looked at:\ngone: PipelineNotFoundException',
    );
    expect(metrics()).toMatchObject([{ ApprovalHours: expect.closeTo(3, 2) as unknown }, { Failures: 1 }]);
  });
});

describe('what is no event of the factory is raised, with what is wrong', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'it has no source and detail-type'],
    ['a command', { command: 'reconcile' }, 'it has no source and detail-type'],
    ['another event', { ...buildEvent(), 'detail-type': 'Other' }, '"Other" of aws.codebuild is not known'],
    ['another account', { ...buildEvent(), account: '999999999999' }, 'account is not 111111111111'],
    [
      'another project',
      buildEvent('FAILED', { 'project-name': 'other' }),
      'detail.project-name is not packer-build-project',
    ],
    ['a build that runs', buildEvent('IN_PROGRESS'), 'detail.build-status is missing'],
    ['a build without id', buildEvent('FAILED', { 'build-id': secret }), 'detail.build-id is missing'],
    ['a pipeline that starts', pipelineEvent('STARTED'), 'detail.state is missing'],
    [
      'an action that is no approval',
      approvalEvent('STARTED', { category: 'Build' }),
      'detail.type.category is missing',
    ],
    ['an outcome that nobody knows', sharingEvent('AMI Lost', {}), 'detail-type is missing'],
  ])('%s', async (_, event, message) => {
    const aws = mockedAws();
    await expect(handle(aws, event)).rejects.toThrow(`The event is refused: ${message}`);
    expect(aws.published()).toEqual([]);
    expect(metrics()).toEqual([{ service: 'boundless-notices', Failures: 1 }]);
  });

  test('settings that are wrong are named, all of them', async () => {
    process.env = { ...saved, OPS_ACCOUNT_ID: '1', AWS_REGION: 'us-west-2' };
    await expect(handle(mockedAws(), buildEvent())).rejects.toThrow(
      /4 wrong variables.*:\nOPS_ACCOUNT_ID is "1"; set it to .+\nSTATUS_TOPIC_ARN is missing; .+\nBUILD_PROJECT .+\nAPPROVAL_PIPELINES /,
    );
  });
});

describe('an outcome whose record cannot be read is a notice all the same', () => {
  const throttled = Object.assign(new Error(`Rate exceeded ${secret}`), { name: 'ThrottlingException' });
  const failed = { imageId, buildId, error: 'SharingIncompleteError', message: 'no', permanent: false };

  test.each<[string, unknown, string]>([
    ['a build that failed', buildEvent('FAILED'), 'Build of an image failed'],
    ['a build that worked', buildEvent('SUCCEEDED'), 'Build of an image succeeded'],
    [
      'sharing that failed',
      sharingEvent('AMI Sharing Failed', failed),
      'An image was not shared: SharingIncompleteError',
    ],
    ['a pipeline that failed', pipelineEvent('FAILED'), 'Pipeline prover-cluster-staging failed'],
    ['an approval', approvalEvent(), 'Approval of prover-cluster-production is asked for'],
  ])('%s, while AWS throttles', async (_, event, title) => {
    const aws = mockedAws();
    aws.codebuild.rejects(throttled);
    aws.codepipeline.rejects(throttled);
    const email = await emailOf(aws, event);
    expect(email).toMatch(new RegExp(`^${title}\n`));
    expect(email).toMatch(/^Not known: .+ could not be read \(ThrottlingException\); the log has why$/m);
    expect(email).not.toContain(secret);
    const warnings = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ level }) => level === 'WARN');
    expect(warnings).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('could not be read') as unknown,
        error: expect.objectContaining({ name: 'ThrottlingException' }) as unknown,
      }),
    ]);
  });

  test.each([
    ['FAILED', { BuildSucceeded: 0 }],
    ['SUCCEEDED', { BuildSucceeded: 1 }],
  ])('a build that ended as %s, which CodeBuild does not know', async (status, measured) => {
    const email = await emailOf(mockedAws({ builds: [] }), buildEvent(status));
    expect(email).toContain(
      `Not known: CodeBuild's record of ${buildId} could not be read (UnknownBuildError); the log has why\nBuild: ${buildId}`,
    );
    expect(metrics()).toEqual([{ service: 'boundless-notices', Image: 'unknown', ...measured }]);
  });
});

/** Everything that the function does, once. */
const everything: readonly (readonly [what: string, event: unknown])[] = [
  ['a build', buildEvent()],
  ['a build that failed', buildEvent('FAILED')],
  ['a pipeline', pipelineEvent('FAILED')],
  ['an approval', approvalEvent()],
  ['a sharing', sharingEvent('AMI Shared', { imageId, kind: 'prover', buildId, accounts: [] })],
  ['a watch', { command: 'watch' }],
];

test('every call is granted to its role, and nothing else is', async () => {
  const used = new Set<string>();
  for (const [, event] of everything) {
    const aws = mockedAws({ stages: { 'prover-cluster-production': [] } });
    await handle(aws, event);
    for (const name of aws.used()) used.add(name);
  }
  const granted = identityPolicy(stackOf(synthesize(), 'ops'), 'boundless-notices-role')
    // Lambda itself logs, takes events and leaves failed ones with the role, and SNS encrypts with it.
    .filter(
      ({ Sid }) =>
        ![
          'WriteLogs',
          'ReceiveEvents',
          'DecryptEvents',
          'SendFailedEvents',
          'EncryptFailedEvents',
          'EncryptMessages',
        ].includes(Sid),
    )
    .flatMap(({ Action }) => listOf(Action));
  expect([...used].sort()).toEqual([...granted].sort());
});

test.each(everything)('%s: no variable that is not let through is in a message or a log', async (_, event) => {
  const actions = [action('CodeBuild', 'Failed', { output: { outputVariables: { PASSWORD: secret } } })];
  const aws = mockedAws({ actions, stages: { 'prover-cluster-production': [] } });
  await handle(aws, event);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join('') + JSON.stringify(aws.published())).not.toContain(secret);
});
