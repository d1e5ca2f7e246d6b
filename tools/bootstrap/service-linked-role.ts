import { CreateServiceLinkedRoleCommand, ListRolesCommand, type IAMClient } from '@aws-sdk/client-iam';
import type { Setting } from './setting';

/**
 * A role that AWS itself acts with. Policies and grants can name it only once it is there, and AWS makes it with the
 * first use of its service: too late for an empty account (ami-factory.md C4.4).
 */
export function serviceLinkedRole(iam: IAMClient, roleName: string, service: string): Setting {
  return {
    name: `role ${roleName}`,
    desired: 'there',
    async current() {
      const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: `/aws-service-role/${service}/` }));
      return Roles.length > 0 ? 'there' : '(nothing)';
    },
    async apply() {
      await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: service }));
    },
  };
}
