import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import {
  EventRefusedError,
  InvalidEventError,
  SharingIncompleteError,
} from '../../../lambda/packer-ami-sharing/errors';
import { announce, failureDetail } from '../../../lambda/packer-ami-sharing/events/outcome-events';
import { mockedAws, region, runOf } from './support';

/** The bus takes calls and refuses entries, which the local AWS does not do for well-formed ones. */
const events = new EventBridgeClient({ region });
const bus = mockClient(events);
const { clients } = mockedAws();
const run = (dryRun = false) => runOf({ clients: { ...clients, events } }, { dryRun });
beforeEach(() => bus.reset());

test('an entry that the bus refuses is sent again', async () => {
  bus
    .on(PutEventsCommand)
    .resolvesOnce({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] })
    .resolves({ Entries: [{ EventId: '1' }] });
  await announce(run(), 'shared', { imageId: 'ami-1' });
  expect(bus.commandCalls(PutEventsCommand)).toHaveLength(2);
});

test('one that it keeps refusing fails, with the code', async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] });
  const failed = expect(announce(run(), 'withdrawn', {})).rejects;
  await failed.toThrow(EventRefusedError);
  await failed.toThrow('The default event bus did not take "AMI Withdrawn": InternalFailure');
  expect(bus.commandCalls(PutEventsCommand)).toHaveLength(3);
});

test('a dry run publishes no event', async () => {
  await announce(run(true), 'found', {});
  expect(bus.commandCalls(PutEventsCommand)).toEqual([]);
});

test('a failure of 100 accounts fits into an event, with all of them', () => {
  const accounts = Array.from({ length: 100 }, (_, index) => ({
    accountId: String(200_000_000_000 + index),
    launchPermission: 'added' as const,
    error: 'x'.repeat(500),
  }));
  const detail = failureDetail(
    new SharingIncompleteError({ imageId: 'ami-1', kind: 'manager', name: 'boundless-manager-1', accounts }),
  );
  expect(detail).toMatchObject({ error: 'SharingIncompleteError', permanent: false, accounts });
  // EventBridge takes 256 KB.
  expect(JSON.stringify(detail).length).toBeLessThan(100_000);
  expect(failureDetail(new InvalidEventError('no image'))).toEqual({
    error: 'InvalidEventError',
    message: 'InvalidEventError: The event is refused: no image',
    permanent: true,
  });
});
