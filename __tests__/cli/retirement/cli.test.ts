import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { parse } from '../../../cli/retirement/arguments';
import { reportLines } from '../../../cli/retirement/table';
import { undoAndShare } from '../../../cli/retirement/undo';
import { functionEnvironment } from '../../support/function-environment';
import { everythingToDo, each } from '../../lambda/packer-ami-cleanup/everything';
import { environment } from '../../lambda/packer-ami-cleanup/memory/cloud';
import { retire } from '../../lambda/packer-ami-cleanup/support';
import { parseBuildEvent } from '../../../lambda/packer-ami-sharing/events/event';

const imageId = 'ami-1234567890abcdef0';

describe('arguments', () => {
  test.each<[args: string[], action: object]>([
    [['report'], { do: 'report', dryRun: false, all: false, json: false }],
    [['report', '--dry-run', '--all', '--json'], { do: 'report', dryRun: true, all: true, json: true }],
    [['run', '--dry-run'], { do: 'run', command: { command: 'retire', dryRun: true } }],
    [['undo', imageId], { do: 'undo', command: { command: 'undo', imageId, dryRun: false } }],
  ])('%j become an action', (args, action) => {
    expect(parse(args)).toEqual(action);
  });

  test.each<[args: string[], reason: string]>([
    [[], 'There is no command ""'],
    [['run', 'now'], 'run takes 0 arguments, not 1'],
    [['undo'], 'undo takes 1 arguments, not 0'],
    [['undo', 'ami-1'], 'imageId is no image id; give one such as ami-1234567890abcdef0'],
    [['run', '--all'], 'run takes no --all'],
    [['run', '--dryrun'], "Unknown option '--dryrun'"],
  ])('%j are refused', (args, reason) => {
    expect(() => parse(args)).toThrow(reason);
  });
});

describe('undo', () => {
  const undo = { command: 'undo', imageId, dryRun: false } as const;
  const calls = async (isChanged: boolean, dryRun = false) => {
    const lambda = mockClient(LambdaClient);
    const answer = { imageId, was: { state: 'disabled', isDeprecated: true }, isChanged };
    lambda.on(InvokeCommand).callsFake(() => ({ Payload: { transformToString: () => JSON.stringify(answer) } }));
    await undoAndShare(new LambdaClient({ region: 'us-west-2' }), { ...undo, dryRun });
    const inputs = lambda.commandCalls(InvokeCommand).map(({ args: [{ input }] }) => input);
    lambda.restore();
    return inputs.map(({ FunctionName, Payload }) => [FunctionName, JSON.parse(Payload as string) as unknown] as const);
  };

  test('has the image shared again, by an event that the sharing Lambda takes', async () => {
    const [cleanup, sharing] = await calls(true);
    expect(cleanup).toEqual(['packer-ami-cleanup', undo]);
    expect(sharing?.[0]).toBe('packer-ami-sharing');
    const settings = {
      opsAccountId: '111111111111',
      serviceAccountIds: ['222222222222'],
      imageKeyArn: '',
      region: 'us-west-2',
      buildProject: 'packer-build-project',
    };
    expect(parseBuildEvent(sharing?.[1], settings)).toEqual({ imageIds: [imageId] });
  });

  test('shares nothing where nothing was changed', async () => {
    expect(await calls(false)).toHaveLength(1);
    expect(await calls(true, true)).toHaveLength(1);
  });
});

describe('a report', () => {
  functionEnvironment(environment);

  test('shows what changed, and with --all what is kept and why', async () => {
    const cloud = everythingToDo();
    await cloud.invoke(retire);
    const lines = reportLines(cloud.report, false).join('\n');
    expect(lines).toMatch(/Run of .*: 10 images, 9 kept; at most 88 GiB freed, 4.40 USD a month/);
    expect(lines).toMatch(new RegExp(`${each.deregister} .* disabled +deregister`));
    expect(lines).toContain('left by packer-build-project:dead: instance i-0 removed');
    expect(lines).not.toContain('ami-000000000000000b3');
    const all = reportLines(cloud.report, true).join('\n');
    expect(all).toMatch(/it is in use; .*111111111111 launch template t version 1; .*and 1 more/);
  });

  test('shows first that nothing was retired, and why', async () => {
    const cloud = everythingToDo();
    await cloud.invoke(retire, { decide: ({ action }) => (action === 'ec2:DescribeFleets' ? 'deny' : undefined) });
    const [, first] = reportLines(cloud.report, false);
    expect(first).toBe('NOTHING WAS RETIRED: 111111111111, fleets: UnauthorizedOperation: injected');
  });
});
