import {
  DeleteKeyPairCommand,
  DeleteLaunchTemplateCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { shortMessage } from '../../common/errors';
import { poll } from '../../common/poll';
import { retrying } from '../../common/retry';
import type { Run } from '../run';
import type { Leftover } from './leftover';

/** What became of a leftover. */
export interface Removed extends Leftover {
  /** `left` where the run had no time, or something still uses it: the next run comes back to it. */
  readonly outcome: 'removed' | 'left' | 'failed';
  /** Why it was not removed. */
  readonly reason?: string;
}

/**
 * Removes what builds left, instances first: they use the others. One that fails stops no other. One run removes no more
 * than it may change images, so that a fault that makes everything look like a leftover has an end.
 */
export async function removeLeftovers(run: Run, leftovers: readonly Leftover[]): Promise<readonly Removed[]> {
  const results: Removed[] = [];
  const cap = run.settings.rules.changesPerRun;
  for (const [index, leftover] of leftovers.entries()) {
    const reason = `one run removes at most ${cap}`;
    if (index >= cap) results.push({ ...leftover, outcome: 'left', reason });
    else if (run.dryRun) results.push({ ...leftover, outcome: 'removed' });
    else if (!run.mayBegin()) results.push({ ...leftover, outcome: 'left', reason: 'the time of the run ended' });
    else results.push(await removed(run, leftover));
  }
  return results;
}

/** Errors of what is there no more, and of what something still uses (Amazon EC2 API Reference, "Error codes"). */
const isGone = (error: unknown): boolean =>
  error instanceof Error && /\.(NotFound|NotFoundException)$/.test(error.name);
const inUse: readonly string[] = ['DependencyViolation', 'VolumeInUse', 'InvalidSnapshot.InUse'];

async function removed(run: Run, leftover: Leftover): Promise<Removed> {
  try {
    await retrying(() => removals[leftover.what](run, leftover.id), run.waits);
  } catch (error) {
    // What became of an attempt whose answer was lost.
    if (isGone(error)) return { ...leftover, outcome: 'removed' };
    const outcome = error instanceof Error && inUse.includes(error.name) ? 'left' : 'failed';
    return { ...leftover, outcome, reason: shortMessage(error) };
  }
  return { ...leftover, outcome: 'removed' };
}

const removals: Readonly<Record<Leftover['what'], (run: Run, id: string) => Promise<unknown>>> = {
  // Its volumes and its security group are free once it has ended.
  instance: async (run, id) => {
    await run.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await poll(() => hasEnded(run, id), run.waits.change, run.waits.sleep);
  },
  'launch template': ({ clients: { ec2 } }, LaunchTemplateId) =>
    ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })),
  'key pair': ({ clients: { ec2 } }, KeyName) => ec2.send(new DeleteKeyPairCommand({ KeyName })),
  'security group': ({ clients: { ec2 } }, GroupId) => ec2.send(new DeleteSecurityGroupCommand({ GroupId })),
  volume: ({ clients: { ec2 } }, VolumeId) => ec2.send(new DeleteVolumeCommand({ VolumeId })),
  snapshot: ({ clients: { ec2 } }, SnapshotId) => ec2.send(new DeleteSnapshotCommand({ SnapshotId })),
};

async function hasEnded({ clients: { ec2 } }: Run, id: string): Promise<true | undefined> {
  const Filters = [
    { Name: 'instance-id', Values: [id] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down', 'stopping', 'stopped'] },
  ];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.length === 0 ? true : undefined;
}
