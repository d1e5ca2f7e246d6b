import { TerraformResource, type ITerraformDependable } from 'cdktf';
import type { IConstruct } from 'constructs';

/** All resources that a construct holds so far: dependencies between constructs do not reach them (cdktf.md 2.5). */
export const resourcesIn = (construct: IConstruct): readonly ITerraformDependable[] =>
  construct.node.findAll().filter((node) => TerraformResource.isTerraformResource(node));
