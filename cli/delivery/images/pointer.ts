import { GetParameterCommand, ParameterNotFound, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { pointerName, type ImageKind, type PointerKind } from '../../../config/names';

/** The image that a pointer names; undefined where there is no such pointer. */
export async function readPointer(ssm: SSMClient, kind: ImageKind, pointer: PointerKind): Promise<string | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: pointerName(kind, pointer) }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

/** Writes the image that an environment has validated. Parameter Store checks it after it has answered: read it back. */
export async function writeValidated(ssm: SSMClient, kind: ImageKind, imageId: string): Promise<void> {
  await ssm.send(
    new PutParameterCommand({
      Name: pointerName(kind, 'validated'),
      Value: imageId,
      Type: 'String',
      DataType: 'aws:ec2:image',
      Description: `The ${kind} image that this environment runs and has validated. Its pipeline moves it.`,
      Overwrite: true,
    }),
  );
}
