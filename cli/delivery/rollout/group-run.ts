import type { AutoScalingClient, InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { GroupRollout } from '../../../config/rollout';
import { DeliveryRefusedError } from '../problem';
import { failedActivities } from './activities';
import { cancelRefresh, isOvertaken, putHooks, saveConfiguration, startRefresh } from './changes';
import { isActive, readGroup, type GroupState } from './group';
import { isWanted, launchedOf } from './matching';
import { nextStep } from './next-step';
import { endText, progressOf, refreshText, type Progress } from './progress';

/** So many looks in a row must show a failure of which no refresh is the cause: what AWS shows may be of a while ago. */
const patience = 4;

export interface GroupRunProps {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly name: string;
  readonly wanted: GroupRollout;
  /** Whether the refresh goes on while alarms fire, for a fix of what makes them fire. */
  readonly ignoreAlarms: boolean;
  /** Failed activities that began before are of no matter. */
  readonly since: Date;
}

/** The rollout of one group. Each look at it takes the next step, until it is done or has failed. */
export class GroupRun {
  /** The refresh that this rollout started, or found running towards the same. */
  private refreshId: string | undefined;
  private since: Date;
  private hooksAreRight = false;
  /** Its refresh ended badly: later looks change nothing about that. */
  private isOver = false;
  private doubts = 0;
  private unsaved = 0;

  constructor(private readonly props: GroupRunProps) {
    this.since = props.since;
  }

  /** Looks, takes a step, and reports how far the group is. Never rejects: another group's rollout goes on. */
  async look(): Promise<Progress> {
    const { name } = this.props;
    try {
      const progress = await this.step();
      if (progress.is !== 'failed') {
        this.doubts = 0;
        return progress;
      }
      this.doubts += 1;
      return this.isOver || this.doubts >= patience ? progress : { is: 'going', text: progress.text };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (isOvertaken(error)) return { is: 'going', text: `${name}: it changed meanwhile (${message}); looking again` };
      this.doubts += 1;
      const is = error instanceof DeliveryRefusedError || this.doubts >= patience ? 'failed' : 'going';
      return { is, text: message.startsWith(name) ? message : `${name}: ${message}` };
    }
  }

  /** Why instances did not come since the rollout began, the newest reason first. */
  reasons(): Promise<readonly string[]> {
    const { autoScaling, name } = this.props;
    return failedActivities(autoScaling, name, this.since).catch((error: unknown) => [
      `its scaling activities could not be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }

  private async step(): Promise<Progress> {
    const { autoScaling, ec2, name, wanted, ignoreAlarms } = this.props;
    const group = await readGroup(autoScaling, ec2, name);
    const going = (text: string): Progress => ({ is: 'going', text: `${name}: ${text}` });
    if (!this.hooksAreRight) {
      // Before anything else: an instance that ends without its hook ends without its drain.
      const put = await putHooks(autoScaling, name, wanted);
      if (put.length > 0) return going(`hooks put: ${put.join(', ')}`);
      this.hooksAreRight = true;
    }
    if (this.refreshId !== undefined) return this.followed(group, this.refreshId);
    const step = nextStep(group, wanted);
    switch (step.do) {
      case 'follow':
        this.refreshId = step.refresh.InstanceRefreshId;
        this.since = earlier(this.since, step.refresh.StartTime);
        return going(refreshText(step.refresh));
      case 'wait':
        return going(`waiting for the ${refreshText(step.refresh)} (${step.refresh.InstanceRefreshId ?? ''})`);
      case 'cancel':
        await cancelRefresh(autoScaling, name);
        return going(`cancelled the refresh ${otherAim(step.refresh)}, ${step.refresh.InstanceRefreshId ?? ''}`);
      case 'save':
        await saveConfiguration(autoScaling, name, wanted);
        return going(`it has no instances: it launches version ${versionOf(wanted)} from now on`);
      case 'start':
        this.refreshId = await startRefresh(autoScaling, name, wanted, ignoreAlarms);
        return going(`refresh started, from version ${group.version} to ${versionOf(wanted)}`);
      case 'nothing':
        return progressOf(group, wanted.imageId);
    }
  }

  private async followed(group: GroupState, id: string): Promise<Progress> {
    const { autoScaling, name, wanted } = this.props;
    const refresh = group.refreshes.find(({ InstanceRefreshId }) => InstanceRefreshId === id);
    if (refresh === undefined) return { is: 'going', text: `${name}: the refresh ${id} is not listed yet` };
    if (isActive(refresh)) return { is: 'going', text: `${name}: ${refreshText(refresh)}` };
    if (refresh.Status !== 'Successful') {
      this.isOver = true;
      return { is: 'failed', text: `${name}: ${endText(refresh)}; ${whatIsLeft(group)}` };
    }
    if (isWanted(group.saved, wanted)) return progressOf(group, wanted.imageId);
    this.unsaved += 1;
    // Auto Scaling saves it by itself (Amazon EC2 Auto Scaling User Guide, "How an instance refresh works"); a look may
    // come before.
    if (this.unsaved >= patience) await saveConfiguration(autoScaling, name, wanted);
    return { is: 'going', text: `${name}: refresh Successful; version ${versionOf(wanted)} is not saved yet` };
  }
}

const versionOf = (wanted: GroupRollout): string => launchedOf(wanted.desiredConfiguration).version ?? '?';

const otherAim = ({ DesiredConfiguration: aim }: InstanceRefresh): string =>
  `to version ${(aim === undefined ? undefined : launchedOf(aim).version) ?? '?'}`;

const earlier = (one: Date, other: Date | undefined): Date => (other === undefined || one < other ? one : other);

/** What a group has after a refresh that ended badly. */
function whatIsLeft({ version, imageId, instances }: GroupState): string {
  const others = instances.filter((instance) => instance.version !== version);
  const of = others.map(({ id, version: own }) => `${id} of version ${own ?? '?'}`);
  return (
    `it launches version ${version} (${imageId ?? 'no image'})` +
    (others.length > 0 ? `, and still has ${of.join(', ')}` : ', and has no instance of another version')
  );
}
