import type { CodepipelineVariable } from '@cdktf/provider-aws/lib/codepipeline';
import { deliveryVariables, instanceRoles, type PointerKind } from '../../../config/names';

/** Lets the caller that starts a pipeline name the images; a variable of a pipeline can't be empty, so it names a pointer. */
export const imageVariables = (pointer: PointerKind): CodepipelineVariable[] =>
  instanceRoles.map((role) => ({
    name: deliveryVariables.image[role],
    defaultValue: pointer,
    description: `Image of the ${role} instances: an id such as ami-0123456789abcdef0, or ${pointer}`,
  }));

/** Hands them to a build. */
export const imagesOfRun = (): Record<string, string> =>
  Object.fromEntries(
    instanceRoles.map((role) => [deliveryVariables.image[role], `#{variables.${deliveryVariables.image[role]}}`]),
  );
