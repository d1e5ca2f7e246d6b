import { TerraformResource, type ITerraformDependable } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * All resources that a construct holds so far: dependencies between constructs do not reach them
 * (docs/facts/cdktf.md#dependencies-on-constructs).
 */
export const resourcesIn = (construct: IConstruct): readonly ITerraformDependable[] =>
  construct.node.findAll().filter((child) => TerraformResource.isTerraformResource(child));
