import type { CodepipelineVariable } from '@cdktf/provider-aws/lib/codepipeline';
import { deliveryVariables, nodeRoles, type PointerKind } from '../../config/names';

/** Lets whoever starts a pipeline name the images; a variable of a pipeline can't be empty, so it says which pointer. */
export const imageVariables = (pointer: PointerKind): CodepipelineVariable[] =>
  nodeRoles.map((role) => ({
    name: deliveryVariables.image[role],
    defaultValue: pointer,
    description: `Image of the ${role} nodes: an id such as ami-0123456789abcdef0, or ${pointer}`,
  }));

/** Hands them to a build. */
export const imagesOfRun = (): Record<string, string> =>
  Object.fromEntries(
    nodeRoles.map((role) => [deliveryVariables.image[role], `#{variables.${deliveryVariables.image[role]}}`]),
  );
