import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { instanceRoles, pipelines, roles, validatedImagesName, type InstanceRole } from '../../../config/names';
import { DeliveryRefusedError } from '../problem';
import type { PointerSource } from './resolve';

/** Images that ran together in an environment and were validated there, by role. */
export type ValidatedImages = Readonly<Record<InstanceRole, string>>;

const image = z.string().regex(/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/);
const schema = z.strictObject({ manager: image, prover: image });

/** The parameter has something else in it than one image for each role. */
export class UnreadableImagesError extends DeliveryRefusedError {}

/** Always the same text for the same images. */
const textOf = (images: ValidatedImages): string =>
  JSON.stringify(Object.fromEntries(instanceRoles.map((role) => [role, images[role]])));

/**
 * The images that the environment validated together. They stand in one parameter, because two pointers that are read one
 * after the other may be of two deployments.
 *
 * @returns undefined where it has validated none yet
 * @throws DeliveryRefusedError where the parameter may not be read
 * @throws UnreadableImagesError where it has something else in it
 */
export async function readValidatedImages({
  environment,
  client,
}: Pick<PointerSource, 'environment' | 'client'>): Promise<ValidatedImages | undefined> {
  let text: string | undefined;
  try {
    const { Parameter } = await new SSMClient(client).send(new GetParameterCommand({ Name: validatedImagesName }));
    text = Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    if (error instanceof Error && error.name === 'AccessDeniedException')
      throw new DeliveryRefusedError(
        `${validatedImagesName} of ${environment} cannot be read: ${error.message}\n` +
          `Deploy the stack ${environment} of this commit: it gives ${roles.validatedReader} that right.`,
        { cause: error },
      );
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new UnreadableImagesError(
      `${validatedImagesName} of ${environment} is ${JSON.stringify(text)}, which does not name one image for each of ` +
        `${instanceRoles.join(' and ')}; run the pipeline ${pipelines.cluster(environment)} again, which writes it.`,
      { cause },
    );
  }
}

/** Writes the images that were validated together, in one call. */
export async function writeValidatedImages(ssm: SSMClient, images: ValidatedImages): Promise<void> {
  await ssm.send(
    new PutParameterCommand({
      Name: validatedImagesName,
      Value: textOf(images),
      Type: 'String',
      Description: 'The images that this environment ran together and validated. Its pipeline writes it.',
      Overwrite: true,
    }),
  );
}

export const sameImages = (one: ValidatedImages | undefined, other: ValidatedImages): boolean =>
  one !== undefined && textOf(one) === textOf(other);
