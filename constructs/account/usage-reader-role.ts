import { Construct } from 'constructs';
import { roles } from '../../config/names';
import { AccountStack } from '../base/account-stack';
import { roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { readUsage } from '../base/usage-rights';

export interface UsageReaderRoleProps {
  readonly opsAccountId: string;
}

/** Lets the cleanup Lambda of the ops account look which images this account uses, and change nothing. */
export class UsageReaderRole extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId }: UsageReaderRoleProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    new Role(this, 'Default', {
      name: roles.usageReader,
      description: 'Reads which images this account uses, for the cleanup Lambda of the ops account',
      trust: roleTrust(opsAccountId, [roles.cleanup]),
      statements: readUsage(account, opsAccountId),
    });
  }
}
