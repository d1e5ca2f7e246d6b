import { drainMinutes } from './contract';
import { rolloutMinutes } from './deployment-time';
import type { Rule } from './rule';

/** A deployment waits for both groups at once, with the pauses of their refreshes, and ends when its time is over. */
const rolloutTime: Rule = ({ manager, prover, smoke }, { delivery }) => {
  const limit = rolloutMinutes(delivery.deploymentTimeoutMinutes, smoke !== null);
  const has = `${limit}, which delivery.deploymentTimeoutMinutes, ${delivery.deploymentTimeoutMinutes}, leaves for a rollout; give fewer`;
  const pauses = prover.refresh.bakeMinutes * prover.refresh.checkpoints.length;
  if (pauses >= limit)
    return {
      field: 'prover.refresh.bakeMinutes',
      value: prover.refresh.bakeMinutes,
      message: `pauses a refresh for ${pauses} minutes in all (${prover.refresh.checkpoints.length} checkpoints), not less than the ${has}`,
    };
  if (drainMinutes + manager.refresh.bakeMinutes >= limit)
    return {
      field: 'manager.refresh.bakeMinutes',
      value: manager.refresh.bakeMinutes,
      message: `and ${drainMinutes} minutes of drain are not less than the ${has}`,
    };
  return undefined;
};

/**
 * Of two checkpoints that the same instance reaches, Auto Scaling skips the first (Amazon EC2 Auto Scaling User Guide, "Add
 * checkpoints to an instance refresh"): so it is in every refresh where that holds for the largest group.
 */
const skippedCheckpoint: Rule = ({ prover: { max, refresh } }) => {
  if (max === 0) return undefined;
  const instances = refresh.checkpoints.map((percent) => Math.ceil((percent * max) / 100));
  const index = instances.findIndex((count, position) => position > 0 && count === instances[position - 1]);
  const [first, second] = [refresh.checkpoints[index - 1], refresh.checkpoints[index]];
  if (first === undefined || second === undefined) return undefined;
  return {
    field: 'prover.refresh.checkpoints',
    value: refresh.checkpoints,
    message: `has ${first} and ${second}, which are reached by the same instance of prover.max, ${max}, so that no refresh pauses at ${first}; leave it out`,
  };
};

/**
 * A refresh keeps `minHealthyPercentage` in service for as long as it takes. The alarm rolls it back, so that one which asks
 * for more ends every refresh that is longer.
 */
const alarmDuringRefresh: Rule = ({ alarms: { proversShort }, prover: { refresh } }) =>
  proversShort.belowPercent <= refresh.minHealthyPercentage
    ? undefined
    : {
        field: 'alarms.proversShort.belowPercent',
        value: proversShort.belowPercent,
        message: `is above prover.refresh.minHealthyPercentage, ${refresh.minHealthyPercentage}, to which a refresh may go: after ${proversShort.minutes} minutes of that, the alarm would roll the refresh back; give at most that`,
      };

/**
 * Images are validated where instances run them and have made a proof. Scaling leaves no prover while the queue is empty.
 * A cluster without a manager is switched off.
 */
const nothingToValidate: Rule = ({ followsLatest, manager, prover: { min, scaling } }) =>
  followsLatest && manager.desired > 0 && scaling !== null && min === 0
    ? {
        field: 'prover.min',
        value: min,
        message:
          'leaves no prover while the queue is empty (prover.scaling), so that a deployment would validate no image (followsLatest); give at least 1',
      }
    : undefined;

/** What a rollout takes. */
export const rolloutRules: readonly Rule[] = [rolloutTime, skippedCheckpoint, alarmDuringRefresh, nothingToValidate];
