import {
  CreateServiceLinkedRoleCommand,
  IAMServiceException,
  paginateListRoles,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { absent, type Setting } from './setting';

/** AWS answers "has been taken in this account" with the code of any wrong input. */
const alreadyThere = (error: unknown): boolean =>
  error instanceof IAMServiceException &&
  (error.name === 'EntityAlreadyExistsException' || error.message.includes('has been taken in this account'));

/**
 * A role that AWS itself acts with. Policies and grants can name it only once it is there, and AWS makes it with the
 * first use of its service: too late for an empty account (docs/facts/images.md#service-linked-roles).
 */
export function serviceLinkedRole(client: IAMClient, roleName: string, service: string): Setting {
  return {
    name: `role ${roleName}`,
    desired: 'there',
    async current() {
      // Auto Scaling may have further roles, with a suffix behind `_` (Amazon EC2 Auto Scaling User Guide,
      // "Service-linked roles"); grants name the one without.
      for await (const { Roles = [] } of paginateListRoles({ client }, { PathPrefix: `/aws-service-role/${service}/` }))
        if (Roles.some(({ RoleName }) => RoleName?.includes('_') === false)) return 'there';
      return absent;
    },
    async apply() {
      try {
        await client.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: service }));
      } catch (error) {
        // Another caller was faster, perhaps AWS itself; reading back has the last word.
        if (!alreadyThere(error)) throw error;
      }
    },
  };
}
