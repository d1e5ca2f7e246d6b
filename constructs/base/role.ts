import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { policyDocument, type Statement } from './policy';

export interface RoleProps {
  readonly name: string;
  readonly description: string;
  /** Trust policy: who may take the role. */
  readonly trust: string;
  /** What the role may do. */
  readonly statements: readonly Statement[];
  /**
   * ARN of the policy that caps the role.
   * @default - no cap
   */
  readonly permissionsBoundary?: string;
  /**
   * How long a session may last, in seconds.
   * @default - one hour
   */
  readonly maxSessionSeconds?: number;
}

/** A role with one inline policy, so that what it may do is read in one place and goes when it goes. */
export class Role extends Construct {
  readonly arn: string;
  readonly name: string;
  /** For what must not start before the role may do its work. */
  readonly permissions: ITerraformDependable;

  constructor(scope: Construct, id: string, props: RoleProps) {
    super(scope, id);
    const role = new IamRole(this, 'Resource', {
      name: props.name,
      description: props.description,
      assumeRolePolicy: props.trust,
      maxSessionDuration: props.maxSessionSeconds ?? 3600,
      ...(props.permissionsBoundary !== undefined && { permissionsBoundary: props.permissionsBoundary }),
    });
    this.permissions = new IamRolePolicy(this, 'Policy', {
      name: props.name,
      role: role.name,
      policy: policyDocument(...props.statements),
    });
    this.arn = role.arn;
    this.name = role.name;
  }
}
