import { instanceRoles } from '../../../../config/names';
import { rollOut, type RollOutProps } from '../../../../cli/delivery/rollout/roll-out';
import { AutoScalingModel } from './auto-scaling-model';

/** A cluster of the model, and rollouts of it while its time passes from one look to the next. */
export class ModelledCluster {
  readonly model: AutoScalingModel;
  readonly aws: ReturnType<AutoScalingModel['answer']>;
  /** What rollouts reported. */
  readonly lines: string[] = [];

  constructor(version: string, instances?: ConstructorParameters<typeof AutoScalingModel>[1]) {
    this.model = new AutoScalingModel(version, instances);
    this.aws = this.model.answer();
  }

  rollOut(changes: Partial<RollOutProps> = {}): Promise<void> {
    return rollOut({
      environment: 'staging',
      client: { region: 'us-west-2' },
      report: (line) => void this.lines.push(line),
      limitMinutes: 10,
      everySeconds: 15,
      sleep: () => {
        this.model.tick();
        return Promise.resolve();
      },
      ...changes,
    });
  }

  /** Why a rollout was refused. */
  refusal = (changes?: Partial<RollOutProps>): Promise<string> =>
    this.rollOut(changes).then(() => 'it was rolled out', String);

  /** Ends a rollout after some looks, as a build that is killed. */
  killedAfter(looks: number): Promise<string> {
    let left = looks;
    return this.refusal({
      sleep: () => {
        this.model.tick();
        if ((left -= 1) < 0) throw new Error('killed');
        return Promise.resolve();
      },
    });
  }

  /** What each role's group launches, and what its instances are of. */
  runs = () => instanceRoles.map((role) => this.model.runs(role));
}

/** One manager and its provers, all of a version. */
export const allOf = (version: string, provers = 2) => [
  [version, [version]],
  [version, Array<string>(provers).fill(version)],
];
