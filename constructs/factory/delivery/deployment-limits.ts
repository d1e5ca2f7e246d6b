import type { OpsConfig } from '../../../config';
import { rolloutMinutes } from '../../../config/deployment-time';
import { deliveryVariables } from '../../../config/names';

/** Between the plan and the question for its approval, and between the answer and the apply, in hours. */
const besideApproval = 2;

/**
 * Limits that a deployment's build keeps by itself, so that it ends with a reason: before CodeBuild ends it without one,
 * and not before what was approved in time could be applied.
 *
 * @param smoke whether the deployment runs the smoke test
 */
export const deploymentLimits = (
  { approvalTimeoutMinutes, deploymentTimeoutMinutes }: OpsConfig['delivery'],
  smoke: boolean,
) => ({
  [deliveryVariables.planMaxAgeHours]: String(Math.ceil(approvalTimeoutMinutes / 60) + besideApproval),
  [deliveryVariables.rolloutMinutes]: String(rolloutMinutes(deploymentTimeoutMinutes, smoke)),
});
