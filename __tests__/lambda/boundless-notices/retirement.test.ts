import { onRetirement } from '../../../lambda/boundless-notices/retirement';
import { parseEvent } from '../../../lambda/boundless-notices/event';
import type { Summary } from '../../../lambda/packer-ami-cleanup/report/report';

const settings = {
  opsAccountId: '111111111111',
  region: 'us-west-2',
  statusTopicArn: 'arn:aws:sns:us-west-2:111111111111:boundless-status',
  buildProject: 'packer-build-project',
  approvalPipelines: [],
};
const summary: Summary = {
  runId: 'b0a7b0a7',
  time: '2026-12-01T03:00:00.000Z',
  dryRun: false,
  images: 9,
  kept: 8,
  changed: { deprecate: 0, disable: 2, deregister: 1 },
  leftovers: { removed: 3, left: 0, failed: 0 },
  freedGiB: 64,
  freedUsdPerMonth: 3.2,
  problems: [],
  failedSources: [],
};

/** The notice of a run with that summary, as the event bus carries it. */
function noticeOf(changes: Partial<Summary>) {
  const detail = { ...summary, ...changes, report: 's3://reports/run/1.json' };
  const event = { account: '111111111111', time: '2026-12-01T03:01:00Z', source: 'boundless.ami', detail };
  const parsed = parseEvent({ ...event, 'detail-type': 'AMI Retirement Report' }, settings);
  if (parsed.what !== 'retirement') throw new Error(parsed.what);
  return onRetirement(parsed.event, { settings }).notice;
}

test('a run that retired images is good news, with what it freed', () => {
  expect(noticeOf({})).toMatchObject({
    severity: 'good',
    title: 'Retired images: 2 disabled, 1 deregistered, 3 leftovers of builds removed',
    facts: [
      ['Kept', '8 images'],
      ['Freed', 'at most 64 GiB, 3.20 USD a month'],
      ['Report', 's3://reports/run/1.json'],
    ],
    nextSteps: [],
  });
});

test('a run that could not look at everything names what did not answer', () => {
  const failedSources = [{ accountId: '222222222222', source: 'instances', error: 'UnauthorizedOperation: no' }];
  expect(noticeOf({ failedSources, changed: { deprecate: 0, disable: 0, deregister: 0 } })).toMatchObject({
    severity: 'bad',
    title: 'No image was retired: what is in use is not known everywhere',
    facts: [
      ['Freed', expect.any(String)],
      ['Account 222222222222, instances', 'UnauthorizedOperation: no'],
      ['Report', 's3://reports/run/1.json'],
    ],
    nextSteps: [expect.stringContaining('docs/retirement.md')],
  });
});

test('a run with problems is bad news', () => {
  const { severity, facts } = noticeOf({ problems: ['ami-1: no'] });
  expect({ severity, facts }).toMatchObject({ severity: 'bad' });
  expect(facts).toContainEqual(['Problem 1', 'ami-1: no']);
});
