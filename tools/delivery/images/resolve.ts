import { EC2Client, type Image } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { EnvironmentConfig } from '../../../config';
import { imageOfRole, nodeRoles, pointerName, type NodeRole } from '../../../config/names';
import type { ClientSettings } from '../access';
import { DeliveryRefused, listed } from '../problem';
import type { ImageRequest } from '../settings';
import { imagesById } from './describe';
import { readPointer } from './pointer';
import { brokenRules } from './verify';

/** Where the pointers are that are followed. */
export interface PointerSource {
  readonly environment: string;
  readonly accountId: string;
  readonly client: ClientSettings;
}

export interface ResolveProps {
  readonly requests: Readonly<Record<NodeRole, ImageRequest>>;
  readonly account: EnvironmentConfig;
  readonly opsAccountId: string;
  /** Acts in the account that the images will run in. */
  readonly client: ClientSettings;
  /** Whose `validated` pointers are followed; none where nothing asks for them. */
  readonly proving?: PointerSource | undefined;
}

/**
 * The images that are asked for, each of which the account can run.
 *
 * @throws DeliveryRefused for a pointer that names nothing, and with every rule that an image breaks
 */
export async function resolveImages(props: ResolveProps): Promise<Readonly<Record<NodeRole, Image>>> {
  const { requests, account, opsAccountId, client } = props;
  const ids = new Map<NodeRole, string>();
  for (const role of nodeRoles) ids.set(role, await idOf(role, requests[role], props));
  const images = await imagesById(new EC2Client(client), [...new Set(ids.values())]);
  const problems: string[] = [];
  const found = nodeRoles.map((role) => {
    const id = ids.get(role) ?? '';
    const image = images.get(id);
    const { accountId, broker } = account;
    const expected = { kind: imageOfRole[role], opsAccountId, accountId, brokers: broker.releases };
    problems.push(...brokenRules(id, image, expected));
    return [role, image] as const;
  });
  if (problems.length > 0) throw new DeliveryRefused(`These images cannot be deployed:${listed(problems)}`);
  return Object.fromEntries(found) as Record<NodeRole, Image>;
}

async function idOf(
  role: NodeRole,
  request: ImageRequest,
  { account, client, proving }: ResolveProps,
): Promise<string> {
  if ('id' in request) return request.id;
  const { pointer } = request;
  const kind = imageOfRole[role];
  if (pointer === 'validated' && proving === undefined)
    throw new DeliveryRefused(
      `Nothing says whose validated ${kind} image is meant: give an image id, or in a build set PROVING_ENVIRONMENT.`,
    );
  const source = pointer === 'validated' && proving !== undefined ? proving : { ...account, client };
  const id = await readPointer(new SSMClient(source.client), kind, pointer);
  if (id !== undefined) return id;
  const fix =
    pointer === 'validated'
      ? `run the pipeline prover-cluster-${source.environment}, which validates what it has proved, or give an image id`
      : 'build the image, and see that it is shared (make reconcile, in ops)';
  throw new DeliveryRefused(
    `${source.environment} has no ${pointer} ${kind} image: there is no ${pointerName(kind, pointer)}; ${fix}.`,
  );
}
