import { isAdministrator } from '../../../cli/doctor/checks/administrators';

const session = (role: string) => `arn:aws:sts::222222222222:assumed-role/${role}/someone@example.com`;
const sso = 'aws-reserved/sso.amazonaws.com/*AWSReservedSSO_AdministratorAccess_*';

test.each<[boolean, string, readonly string[]]>([
  [true, session('AWSReservedSSO_AdministratorAccess_0123456789abcdef'), [sso]],
  [false, session('AWSReservedSSO_ReadOnlyAccess_0123456789abcdef'), [sso]],
  [true, session('OrganizationAccountAccessRole'), [sso, 'OrganizationAccountAccessRole']],
  [false, session('OrganizationAccountAccessRoleToo'), ['OrganizationAccountAccessRole']],
  [true, session('platform.admin'), ['teams/platform.admin']],
  [false, session('platformXadmin'), ['teams/platform.admin']],
  [true, 'arn:aws:iam::222222222222:root', [sso]],
  [false, 'arn:aws:iam::222222222222:user/Admin', ['Admin']],
])('%p: %s of %j', (expected, arn, roles) => {
  expect(isAdministrator(arn, roles)).toBe(expected);
});
