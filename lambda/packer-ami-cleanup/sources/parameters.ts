import { DescribeParametersCommand, GetParametersCommand, type Parameter } from '@aws-sdk/client-ssm';
import { pointerPath } from '../../../config/names';
import { chunks, mapBounded } from '../../common/bounded';
import { IncompleteAnswerError, UnreadableParameterError } from '../errors';
import { everyItem } from './every-page';
import { copyOf, parameterPrefix, type Found, type Reader, type Reference } from './reader';

/** What one call takes and gives (AWS Systems Manager API Reference, "DescribeParameters", "GetParameters"). */
const [namesPerPage, valuesPerCall] = [50, 10];

const atATime = 4;

/** Ids of images anywhere in a text: a parameter may hold several, in JSON. */
const imageIds = /\bami-[0-9a-f]{8,17}\b/g;

/**
 * Images that parameters name: the pointers, and any other parameter that is no secret. Secrets are not read: their values
 * are ciphertext to this function.
 */
export async function parameters(reader: Reader): Promise<Found> {
  const { accountId, ssm } = reader;
  const listed = await everyItem({
    action: 'ssm:DescribeParameters',
    send: (NextToken) =>
      ssm.send(
        new DescribeParametersCommand({
          ParameterFilters: [{ Key: 'Type', Option: 'Equals', Values: ['String', 'StringList'] }],
          MaxResults: namesPerPage,
          NextToken,
        }),
      ),
    items: ({ Parameters }) => Parameters,
    next: ({ NextToken }) => NextToken,
  });
  const images: Reference[] = [];
  // One that was deleted meanwhile is not among the values, and names nothing any more.
  for (const { Name = '', Value = '' } of await valuesOf(
    reader,
    listed.flatMap(({ Name: name }) => name ?? []),
  )) {
    const use = { accountId, what: 'parameter', resource: copyOf(Name), ...(isRelease(Name) && { isRelease: true }) };
    for (const image of new Set(Value.match(imageIds)))
      if (reader.isOurs(image)) images.push({ image: copyOf(image), use });
  }
  return { images, templates: [] };
}

const isRelease = (name: string): boolean => name.startsWith(`${pointerPath}/`) && /\/validated(-images)?$/.test(name);

/**
 * What references by `resolve:ssm:` name, by the name of a parameter or by its ARN, with or without a version or a label.
 * A parameter of the account that is not there names nothing: nothing can be launched from it.
 *
 * @throws UnreadableParameterError for one of another account that is not to be read
 */
export async function resolved(reader: Reader, references: readonly Reference[]): Promise<readonly Reference[]> {
  const users = new Map<string, Reference['use'][]>();
  for (const { image, use } of references) {
    const name = image.slice(parameterPrefix.length);
    // AWS's own, which never name an image of this factory.
    if (!name.startsWith('/aws/')) users.set(name, [...(users.get(name) ?? []), use]);
  }
  const values = new Map<string, string>();
  for (const { Name = '', ARN = '', Selector = '', Value = '' } of await valuesOf(reader, [...users.keys()]))
    for (const name of [Name, ARN]) values.set(`${name}${Selector}`, Value);
  return [...users].flatMap(([name, uses]) => {
    const value = values.get(name);
    if (value === undefined && isForeign(name, reader.accountId))
      throw new UnreadableParameterError(
        name,
        `${uses[0]?.what ?? ''} ${uses[0]?.resource ?? ''} of ${reader.accountId}`,
      );
    const found = value?.match(imageIds) ?? [];
    return found.filter((image) => reader.isOurs(image)).flatMap((image) => uses.map((use) => ({ image, use })));
  });
}

const isForeign = (name: string, accountId: string): boolean =>
  name.startsWith('arn:') && name.split(':')[4] !== accountId;

async function valuesOf({ ssm }: Reader, names: readonly string[]): Promise<readonly Parameter[]> {
  const pages = await mapBounded(chunks(names, valuesPerCall), atATime, (Names) =>
    ssm.send(new GetParametersCommand({ Names: [...Names] })),
  );
  return pages.flatMap(({ Parameters: found, InvalidParameters: missing }, index) => {
    const asked = chunks(names, valuesPerCall)[index]?.length ?? 0;
    if (found === undefined || found.length + (missing?.length ?? 0) < asked)
      throw new IncompleteAnswerError('ssm:GetParameters', 'it does not have every parameter that was asked for');
    return found;
  });
}
