import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { instanceRoles, scalingGroup, type InstanceRole } from '../../../config/names';
import type { ClientSettings } from '../access';
import { DeliveryRefusedError, listed } from '../problem';
import { GroupRun } from './group-run';
import type { Progress } from './progress';
import { readWanted } from './wanted';

export interface RollOutProps {
  readonly environment: string;
  readonly client: ClientSettings;
  /** The images that were deployed, where that is known: the stack must want the same. */
  readonly images?: Readonly<Record<InstanceRole, string>> | undefined;
  readonly ignoreAlarms?: boolean;
  readonly report: (line: string) => void;
  /** How long the groups may take. */
  readonly limitMinutes: number;
  readonly everySeconds: number;
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/** Clocks differ, and the instances of a new group were asked for a while before. */
const leadMinutes = 5;

/**
 * Brings the groups of a cluster onto what its stack wants, and waits until they run it. Reports what has changed since
 * the last look, and why instances do not come. A group that fails does not stop the other.
 *
 * Repeating it is safe: it goes on with a refresh that runs towards the same, and makes any other give way.
 *
 * @throws DeliveryRefusedError where a group failed, or the time is over
 */
export async function rollOut(props: RollOutProps): Promise<void> {
  const { environment, client, report, limitMinutes, everySeconds } = props;
  const wanted = await readWanted(client, environment, props.images);
  const since = new Date(Date.now() - leadMinutes * 60_000);
  const [autoScaling, ec2] = [new AutoScalingClient(client), new EC2Client(client)];
  const groups = instanceRoles.map((role) => {
    const name = scalingGroup(environment, role);
    const common = { autoScaling, ec2, since, ignoreAlarms: props.ignoreAlarms ?? false };
    return {
      run: new GroupRun({ ...common, name, wanted: wanted[role] }),
      name,
      progress: undefined as Progress | undefined,
    };
  });
  const open = () => groups.filter(({ progress }) => progress === undefined || progress.is === 'going');
  const reported = new Set<string>();
  const reportOnce = (line: string): void => {
    if (!reported.has(line)) report(line);
    reported.add(line);
  };

  const looks = Math.max(1, Math.ceil((limitMinutes * 60) / everySeconds));
  for (let look = 0; look <= looks && open().length > 0; look += 1) {
    if (look > 0) await props.sleep(everySeconds);
    for (const group of open()) {
      group.progress = await group.run.look();
      reportOnce(group.progress.text);
      if (group.progress.is !== 'done')
        for (const reason of await group.run.reasons()) reportOnce(`${group.name}: Auto Scaling: ${reason}`);
    }
  }

  const problems: string[] = [];
  for (const { run, progress } of groups)
    if (progress?.is !== 'done') {
      const reasons = await run.reasons();
      problems.push((progress?.text ?? '') + (reasons.length > 0 ? `; Auto Scaling: ${reasons.join('; ')}` : ''));
    }
  if (problems.length === 0) return;
  const late = open().length > 0;
  throw new DeliveryRefusedError(
    `${late ? `The rollout took longer than ${limitMinutes} minutes (ROLLOUT_MINUTES)` : 'The rollout failed'}:${listed(problems)}\n` +
      (late
        ? `What runs goes on. Repeat the stage, or: make rollout ENV=${environment}; it follows the same refresh.`
        : `Deploy what puts it right, or roll out the same again: make rollout ENV=${environment}` +
          (problems.some((problem) => /alarm/i.test(problem))
            ? ' (IGNORE_ALARMS=1 for a fix, while its alarms fire)'
            : '')),
  );
}
