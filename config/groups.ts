import type { ConfigurationProblem } from './problem';
import type { EnvironmentConfig } from './schema';

/** Auto Scaling keeps the two percentages of a refresh within that of each other ("Instance maintenance policies"). */
const widestHealthyRange = 100;

/** What numbers of groups must be to each other. */
export function problemsOfGroups(file: string, { manager, prover }: EnvironmentConfig): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (field: string, value: unknown, message: string): void => {
    problems.push({ file, field, value, message });
  };
  const { min, desired, max, refresh, scaling } = prover;
  if (min > desired || desired > max)
    add('prover.min, desired, max', [min, desired, max], 'are out of order; min <= desired <= max must hold');
  if (scaling !== null && min === max)
    add('prover.scaling', scaling, `has nothing to do between min ${min} and max ${max}; widen them, or set null`);
  const { minHealthyPercentage: least, maxHealthyPercentage: most, checkpoints } = refresh;
  if (most - least > widestHealthyRange)
    add(
      'prover.refresh.maxHealthyPercentage',
      most,
      `is too far from minHealthyPercentage, ${least}; give at most ${widestHealthyRange} more`,
    );
  if (least === 100 && most === 100)
    add(
      'prover.refresh.maxHealthyPercentage',
      most,
      'leaves no way to replace an instance while all stay in service; give more, or a lower minHealthyPercentage',
    );
  const rising = checkpoints.every((percent, index) => percent > (checkpoints[index - 1] ?? 0));
  if (!rising || checkpoints.at(-1) !== 100)
    add(
      'prover.refresh.checkpoints',
      checkpoints,
      'must rise and end with 100, or the refresh ends before all instances',
    );
  const { restoredFrom } = manager.dataVolume;
  if (new Set(restoredFrom).size < restoredFrom.length)
    add(
      'manager.dataVolume.restoredFrom',
      restoredFrom,
      'names a snapshot twice; to restore it again, copy it, and give the copy',
    );
  return problems;
}
