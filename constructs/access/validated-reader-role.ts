import { Construct } from 'constructs';
import { clusterProject, roles, validatedImagesName } from '../../config/names';
import { roleTrust } from '../base/policy';
import { Role } from '../base/role';

export interface ValidatedReaderRoleProps {
  readonly accountId: string;
  readonly opsAccountId: string;
  readonly region: string;
  /** Environments that run only what this one has proved. */
  readonly proves: readonly string[];
}

/** Lets the plans of other environments read which images this one has validated together, and nothing else. */
export class ValidatedReaderRole extends Construct {
  constructor(scope: Construct, id: string, { accountId, opsAccountId, region, proves }: ValidatedReaderRoleProps) {
    super(scope, id);
    new Role(this, 'Default', {
      name: roles.validatedReader,
      description: 'Reads which images were validated here, for the plans of other environments',
      trust: roleTrust(
        opsAccountId,
        proves.map((environment) => roles.codeBuild(clusterProject.plan(environment))),
      ),
      statements: [
        {
          Sid: 'ReadValidated',
          Action: 'ssm:GetParameter',
          Resource: `arn:aws:ssm:${region}:${accountId}:parameter${validatedImagesName}`,
        },
      ],
    });
  }
}
