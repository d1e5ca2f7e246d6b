import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { nodeRoles, scalingGroup, type NodeRole } from '../../../config/names';
import type { ClientSettings } from '../access';
import { DeliveryRefused, listed } from '../problem';
import { readGroup } from './group';
import { judge, type Verdict } from './judge';

export interface RolloutProps {
  readonly environment: string;
  readonly client: ClientSettings;
  /** The images that the groups are to run. */
  readonly images: Readonly<Record<NodeRole, string>>;
  readonly report: (line: string) => void;
}

export interface WatchProps extends RolloutProps {
  /** How long the groups may take. */
  readonly limitMinutes: number;
  readonly everySeconds: number;
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/** A look at every group, with clients that keep their sessions from one look to the next. */
export function rolloutLook({ environment, client, images }: RolloutProps): () => Promise<readonly Verdict[]> {
  const [autoScaling, ec2] = [new AutoScalingClient(client), new EC2Client(client)];
  return async () => {
    const verdicts: Verdict[] = [];
    for (const role of nodeRoles)
      verdicts.push(judge(await readGroup(autoScaling, ec2, scalingGroup(environment, role)), images[role]));
    return verdicts;
  };
}

/**
 * Waits until every group runs its image. Reports what has changed since the last look.
 *
 * @throws DeliveryRefused where a group fails, which ends the wait at once, or the time is over
 */
export async function watchRollout(props: WatchProps): Promise<void> {
  const looks = Math.max(1, Math.ceil((props.limitMinutes * 60) / props.everySeconds));
  const lookAtRollout = rolloutLook(props);
  const said = new Set<string>();
  let verdicts: readonly Verdict[] = [];
  for (let look = 0; look <= looks; look += 1) {
    verdicts = await lookAtRollout();
    for (const { says } of verdicts) {
      if (!said.has(says)) props.report(says);
      said.add(says);
    }
    const failed = verdicts.filter(({ is }) => is === 'failed');
    if (failed.length > 0) throw new DeliveryRefused(`The rollout failed:${listed(failed.map(({ says }) => says))}`);
    if (verdicts.every(({ is }) => is === 'done')) return;
    if (look < looks) await props.sleep(props.everySeconds);
  }
  const open = verdicts.filter(({ is }) => is !== 'done').map(({ says }) => says);
  throw new DeliveryRefused(
    `The rollout took longer than ${props.limitMinutes} minutes (ROLLOUT_MINUTES):${listed(open)}\n` +
      'Look at the groups, and repeat the stage: it goes on waiting, and applies nothing twice.',
  );
}
