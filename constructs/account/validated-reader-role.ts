import { Construct } from 'constructs';
import { clusterProject, roles, validatedImagesName } from '../../config/names';
import { roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { AccountStack } from '../base/account-stack';

export interface ValidatedReaderRoleProps {
  readonly opsAccountId: string;
  /** Environments that run only what this one has validated. */
  readonly validatesFor: readonly string[];
}

/** Lets the plans of other environments read which images this one has validated together, and nothing else. */
export class ValidatedReaderRole extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId, validatesFor }: ValidatedReaderRoleProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    new Role(this, 'Default', {
      name: roles.validatedReader,
      description: 'Reads which images were validated here, for the plans of other environments',
      trust: roleTrust(
        opsAccountId,
        validatesFor.map((environment) => roles.codeBuild(clusterProject.plan(environment))),
      ),
      statements: [
        {
          Sid: 'ReadValidated',
          Action: 'ssm:GetParameter',
          Resource: account.parameter(validatedImagesName),
        },
      ],
    });
  }
}
