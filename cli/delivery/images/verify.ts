import type { Image } from '@aws-sdk/client-ec2';
import { takesBroker, type Market } from '../../../config/broker/market';
import { project, type ImageKind } from '../../../config/names';
import { parseImageName } from './describe';

/** Who must own an image that a cluster runs, and what it must be. */
export interface ExpectedImage {
  readonly kind: ImageKind;
  readonly opsAccountId: string;
  readonly accountId: string;
  /** Releases of the broker that the environment's values are for. */
  readonly brokers: Market['releases'];
}

/** Every rule that an image breaks, with what was found and the fix; none for an image that the cluster can run. */
export function brokenRules(
  imageId: string,
  image: Image | undefined,
  { kind, opsAccountId, accountId, brokers }: ExpectedImage,
): readonly string[] {
  if (image === undefined)
    return [
      `${imageId} (${kind}): account ${accountId} does not see it; share it (make reconcile, in ops), or name an image that is there`,
    ];
  const tags = new Map((image.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const problems: string[] = [];
  const expect = (what: string, found: string | undefined, wanted: string, fix: string): void => {
    if (found !== wanted)
      problems.push(`${imageId} (${kind}): ${what} is ${found ?? 'missing'}, not ${wanted}; ${fix}`);
  };
  expect('its owner', image.OwnerId, opsAccountId, 'use an image that the ops account has built');
  expect('its state', image.State, 'available', 'wait for it, enable it in ops, or name another image');
  expect('the kind in its name', parseImageName(image.Name ?? '')?.kind, kind, `name an image of the kind ${kind}`);
  for (const [tag, wanted] of [
    ['Image', kind],
    ['ManagedBy', 'packer'],
    ['Project', project],
  ] as const)
    expect(`the tag ${tag}`, tags.get(tag), wanted, 'let sharing set the tags of this account again (make reconcile)');
  const broker = tags.get('BrokerVersion') ?? 'missing';
  // The other kinds may carry one, and don't run it. The broker itself would ignore keys that it does not know.
  if (kind === 'manager' && !takesBroker(brokers, broker))
    problems.push(
      `${imageId} (${kind}): the tag BrokerVersion is ${broker}, and this environment's broker values are for ${brokers.from} to ` +
        `${brokers.to}; widen broker.releases in its configuration, which checks the values, or name another image`,
    );
  return problems;
}

/** What is worth knowing of an image, and no reason to refuse it: a rollback may go back to a retired one. */
export function remarks(image: Image, now: Date): readonly string[] {
  const { ImageId = '', DeprecationTime: deprecated } = image;
  return deprecated !== undefined && new Date(deprecated) <= now
    ? [`${ImageId} has been deprecated since ${deprecated}: it is retired, or an operator has withdrawn it`]
    : [];
}
