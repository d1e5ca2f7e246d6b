import type { Rule } from './rule';

/** Auto Scaling keeps the two percentages of a refresh within that of each other ("Instance maintenance policies"). */
const widestHealthyRange = 100;

const order: Rule = ({ prover: { min, desired, max } }) =>
  min <= desired && desired <= max
    ? undefined
    : {
        field: 'prover.min, desired, max',
        value: [min, desired, max],
        message: 'are out of order; min <= desired <= max must hold',
      };

const idleScaling: Rule = ({ prover: { min, max, scaling } }) =>
  scaling === null || min !== max
    ? undefined
    : {
        field: 'prover.scaling',
        value: scaling,
        message: `has nothing to do between min ${min} and max ${max}; widen them, or set null`,
      };

const healthyRange: Rule = ({ prover: { refresh } }) => {
  const { minHealthyPercentage: least, maxHealthyPercentage: most } = refresh;
  const field = 'prover.refresh.maxHealthyPercentage';
  if (most - least > widestHealthyRange)
    return {
      field,
      value: most,
      message: `is too far from minHealthyPercentage, ${least}; give at most ${widestHealthyRange} more`,
    };
  if (least !== 100 || most !== 100) return undefined;
  const message =
    'leaves no way to replace an instance while all stay in service; give more, or a lower minHealthyPercentage';
  return { field, value: most, message };
};

const checkpointOrder: Rule = ({ prover: { refresh } }) => {
  const { checkpoints } = refresh;
  const rising = checkpoints.every((percent, index) => percent > (checkpoints[index - 1] ?? 0));
  return rising && checkpoints.at(-1) === 100
    ? undefined
    : {
        field: 'prover.refresh.checkpoints',
        value: checkpoints,
        message:
          'must rise and end with 100, or the refresh ends before all instances; write them so, such as [20, 50, 100]',
      };
};

const restoredTwice: Rule = ({ manager: { dataVolume } }) => {
  const { restoredFrom } = dataVolume;
  return new Set(restoredFrom).size === restoredFrom.length
    ? undefined
    : {
        field: 'manager.dataVolume.restoredFrom',
        value: restoredFrom,
        message: 'names a snapshot twice; to restore it again, copy it, and give the copy',
      };
};

/** What numbers of groups must be to each other. */
export const groupRules: readonly Rule[] = [order, idleScaling, healthyRange, checkpointOrder, restoredTwice];
