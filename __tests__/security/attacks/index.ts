import { fromClusterAndPeople } from './cluster-and-people';
import { fromDeploymentRole } from './deployment-role';
import { fromOps } from './from-ops';

/** Each way of the table in docs/security.md: whether it leads there. */
export const attacks: Readonly<Record<string, () => boolean>> = {
  ...fromOps,
  ...fromDeploymentRole,
  ...fromClusterAndPeople,
};
