import {
  DeleteParameterCommand,
  GetParametersCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import {
  functions,
  imageOfRole,
  instanceRoles,
  pointerName,
  validatedImagesName,
  type ImageKind,
  type PointerKind,
} from '../../../config/names';

/** What the pointers of one kind of image name in an account; a pointer that does not exist is left out. */
export interface Pointers {
  readonly latest?: string;
  readonly pinned?: string;
  /** Set by the deployment of staging; this function only looks at its image's age. */
  readonly validated?: string;
}

const read = ['latest', 'pinned', 'validated'] as const satisfies readonly PointerKind[];

/**
 * Reads pointers of all these kinds in one call, which takes 1 to 10 names: there are 3 for each of 3 kinds. No kind, no
 * call.
 */
export async function readPointers(
  ssm: SSMClient,
  kinds: readonly ImageKind[],
): Promise<(kind: ImageKind) => Pointers> {
  const Names = kinds.flatMap((kind) => read.map((pointer) => pointerName(kind, pointer)));
  const { Parameters = [] } = Names.length === 0 ? {} : await ssm.send(new GetParametersCommand({ Names }));
  const valueOf = (name: string) => Parameters.find(({ Name }) => Name === name)?.Value;
  return (kind) => {
    const [latest, pinned, validated] = read.map((pointer) => valueOf(pointerName(kind, pointer)));
    return {
      ...(latest !== undefined && { latest }),
      ...(pinned !== undefined && { pinned }),
      ...(validated !== undefined && { validated }),
    };
  };
}

/** An image that a parameter of the account names. */
export interface NamedImage {
  readonly parameter: string;
  readonly kind: ImageKind;
  readonly pointer: PointerKind;
  /** As it stands there: it need not be the id of an image. */
  readonly imageId: string;
}

/**
 * Every image that a parameter of the account names, also those that an environment validated together. One call: it
 * takes up to 10 names.
 */
export async function readNamedImages(ssm: SSMClient, kinds: readonly ImageKind[]): Promise<readonly NamedImage[]> {
  const places = kinds.flatMap((kind) =>
    read.map((pointer) => ({ kind, pointer, parameter: pointerName(kind, pointer) })),
  );
  const Names = [...places.map(({ parameter }) => parameter), validatedImagesName];
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names }));
  const valueOf = (name: string) => Parameters.find(({ Name }) => Name === name)?.Value;
  return [
    ...places.flatMap((place) => {
      const imageId = valueOf(place.parameter);
      return imageId === undefined ? [] : [{ ...place, imageId }];
    }),
    ...validatedTogether(valueOf(validatedImagesName)),
  ];
}

function validatedTogether(text: string | undefined): readonly NamedImage[] {
  if (text === undefined) return [];
  const common = { parameter: validatedImagesName, pointer: 'validated' as const };
  let images: unknown;
  try {
    images = JSON.parse(text);
  } catch {
    images = text;
  }
  return instanceRoles.map((role) => {
    const imageId = typeof images === 'object' && images !== null ? (Reflect.get(images, role) as unknown) : images;
    return { ...common, kind: imageOfRole[role], imageId: typeof imageId === 'string' ? imageId : text };
  });
}

const meaning: Readonly<Record<'latest' | 'pinned', (kind: ImageKind) => string>> = {
  latest: (kind) =>
    `The ${kind} image to run: the newest that was shared, or the pinned one. ${functions.sharing} moves it.`,
  pinned: (kind) =>
    `The ${kind} image that an operator has pinned. ${functions.sharing} keeps the latest pointer on it.`,
};

/** Writes a pointer. Parameter Store checks the image after it has answered: read it back. */
export async function writePointer(
  ssm: SSMClient,
  kind: ImageKind,
  pointer: Exclude<PointerKind, 'validated'>,
  imageId: string,
): Promise<void> {
  await ssm.send(
    new PutParameterCommand({
      Name: pointerName(kind, pointer),
      Value: imageId,
      Type: 'String',
      DataType: 'aws:ec2:image',
      Description: meaning[pointer](kind),
      Overwrite: true,
    }),
  );
}

/** Takes a pin away; there need not be one. */
export async function deletePin(ssm: SSMClient, kind: ImageKind): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: pointerName(kind, 'pinned') }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}
