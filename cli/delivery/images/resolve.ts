import { EC2Client, type Image } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { EnvironmentConfig } from '../../../config';
import {
  imageOfRole,
  instanceRoles,
  pipelines,
  pointerName,
  validatedImagesName,
  type InstanceRole,
} from '../../../config/names';
import type { ClientSettings } from '../access';
import { DeliveryRefusedError, listed } from '../problem';
import type { ImageRequest } from '../settings';
import { imagesById } from './describe';
import { readPointer } from './pointer';
import { readValidatedImages, sameImages, type ValidatedImages } from './validated-images';
import { brokenRules, remarks as imageRemarks } from './verify';

/** Whose pointers and validated images are followed. */
export interface PointerSource {
  readonly environment: string;
  readonly accountId: string;
  readonly client: ClientSettings;
}

export interface ResolveProps {
  readonly requests: Readonly<Record<InstanceRole, ImageRequest>>;
  readonly account: EnvironmentConfig;
  readonly opsAccountId: string;
  /** Acts in the account that the images will run in. */
  readonly client: ClientSettings;
  /** Whose validated images are followed; none where they are not asked for. */
  readonly validating?: PointerSource | undefined;
  /** @default - the current time */
  readonly now?: Date;
}

/** The images that were asked for. */
export interface ResolvedImages {
  readonly images: Readonly<Record<InstanceRole, Image>>;
  /** What a reviewer should know of them, and no reason to refuse them. */
  readonly remarks: readonly string[];
}

/**
 * Finds the images that are asked for, each of which the account can run. Those that are asked for as `validated` come
 * from one record, so they ran together.
 *
 * @throws DeliveryRefusedError for a pointer that names nothing, and with every rule that an image breaks
 */
export async function resolveImages(props: ResolveProps): Promise<ResolvedImages> {
  const { requests, account, opsAccountId, client, now = new Date() } = props;
  const validated = await validatedOf(props);
  const ids = new Map<InstanceRole, string>();
  for (const role of instanceRoles) ids.set(role, await idOf(role, requests[role], props, validated));
  const images = await imagesById(new EC2Client(client), [...new Set(ids.values())]);
  const problems: string[] = [];
  const found = instanceRoles.map((role) => {
    const id = ids.get(role) ?? '';
    const image = images.get(id);
    const { accountId, broker } = account;
    const expected = { kind: imageOfRole[role], opsAccountId, accountId, brokers: broker.releases };
    problems.push(...brokenRules(id, image, expected));
    return [role, image] as const;
  });
  if (problems.length > 0) throw new DeliveryRefusedError(`These images cannot be deployed:${listed(problems)}`);
  const resolved = Object.fromEntries(found) as Record<InstanceRole, Image>;
  return {
    images: resolved,
    remarks: [
      ...instanceRoles.flatMap((role) => imageRemarks(resolved[role], now)),
      ...pairRemarks(idsOf(resolved), validated, props.validating),
    ],
  };
}

/** The ids of images, by role. */
export const idsOf = (images: Readonly<Record<InstanceRole, Image>>): Record<InstanceRole, string> => ({
  manager: images.manager.ImageId ?? '',
  prover: images.prover.ImageId ?? '',
});

/** An operator may combine a validated image with another one, to roll back one role. */
const pairRemarks = (
  ids: ValidatedImages,
  validated: ValidatedImages | undefined,
  validating: PointerSource | undefined,
): readonly string[] =>
  validated === undefined || validating === undefined || sameImages(validated, ids)
    ? []
    : [
        `${instanceRoles.map((role) => ids[role]).join(' and ')} were not validated together in ${validating.environment}`,
      ];

/** What is validated, where that is asked for. */
async function validatedOf({ requests, account, validating }: ResolveProps): Promise<ValidatedImages | undefined> {
  const asked = instanceRoles.filter((role) => 'pointer' in requests[role] && requests[role].pointer === 'validated');
  if (asked.length === 0) return undefined;
  if (validating === undefined)
    throw new DeliveryRefusedError(
      `MANAGER_IMAGE_ID and PROVER_IMAGE_ID may be validated in a build only, which sets PROVING_ENVIRONMENT; give ` +
        `${account.environment} image ids such as ami-0123456789abcdef0.`,
    );
  const validated = await readValidatedImages(validating);
  if (validated === undefined)
    throw new DeliveryRefusedError(
      `${validating.environment} has validated no images: there is no ${validatedImagesName}; run the pipeline ` +
        `${pipelines.cluster(validating.environment)}, which validates what it runs, or give image ids.`,
    );
  return validated;
}

async function idOf(
  role: InstanceRole,
  request: ImageRequest,
  { account, client }: ResolveProps,
  validated: ValidatedImages | undefined,
): Promise<string> {
  if ('id' in request) return request.id;
  if (request.pointer === 'validated' && validated !== undefined) return validated[role];
  const kind = imageOfRole[role];
  const id = await readPointer(new SSMClient(client), kind, request.pointer);
  if (id !== undefined) return id;
  throw new DeliveryRefusedError(
    `${account.environment} has no ${request.pointer} ${kind} image: there is no ${pointerName(kind, request.pointer)}; ` +
      'build the image, and see that it is shared (make reconcile, in ops).',
  );
}
