import { paginateDescribeImages, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { imageKinds, roles } from '../../../config/names';
import { mapBounded } from '../../common/bounded';
import { shortMessage } from '../errors';
import { visibleImage } from '../images/find-image';
import { imageIdForm } from '../events/image-variables';
import { inAccount } from '../accounts/in-account';
import type { LaunchProblem } from '../accounts/launch-chain';
import { readNamedImages, type NamedImage } from './pointers';
import { retrying } from '../../common/retry';
import type { Run } from '../run';
import { poll } from '../../common/poll';

/** Accounts that are asked at a time. */
const accountsAtATime = 50;

/**
 * Every pointer, of any account, that names what no instance can start from: an image that was deregistered or disabled,
 * that the account may not launch, or that is none of this factory's. The account itself is asked what it sees. Its
 * pointer stays where it is when there is no other image, and clusters that are planned with it do not start.
 */
export async function pointerProblems(run: Run): Promise<readonly LaunchProblem[]> {
  const asked = new Map<string, Promise<string>>();
  const reasonFor = (imageId: string): Promise<string> => {
    const reason = asked.get(imageId) ?? whyNot(run, imageId);
    asked.set(imageId, reason);
    return reason;
  };
  const byAccount = await mapBounded(run.settings.serviceAccountIds, accountsAtATime, (accountId) =>
    ofAccount(run, accountId, reasonFor).catch((error: unknown): readonly LaunchProblem[] => [
      {
        accountId,
        link: 'pointer',
        problem: `the account's pointers can't be read: ${shortMessage(error)}`,
        fix: "deploy the account's stack, which lets its publisher role read them",
      },
    ]),
  );
  return byAccount.flat();
}

async function ofAccount(
  run: Run,
  accountId: string,
  reasonFor: (imageId: string) => Promise<string>,
): Promise<readonly LaunchProblem[]> {
  const place = { accountId, role: roles.publisher, purpose: 'preflight' };
  const bad = await inAccount(run, place, async ({ ec2, ssm }) => {
    const named = await readNamedImages(ssm, imageKinds);
    let left = named;
    // What was shared a moment ago may not be seen everywhere yet.
    const allStart = async () => {
      const seen = await imagesSeen(ec2, left);
      left = left.filter((one) => !isOfFactory(seen.get(one.imageId), one, run.settings.opsAccountId));
      return left.length === 0 ? true : undefined;
    };
    await poll(allStart, run.waits.launchPermission, run.waits.sleep);
    return left;
  });
  return Promise.all(
    bad.map(async (one): Promise<LaunchProblem> => ({
      accountId,
      link: 'pointer',
      problem: `${one.parameter} names ${JSON.stringify(one.imageId)}, which ${await reasonFor(one.imageId)}`,
      fix: fixOf(one),
    })),
  );
}

async function imagesSeen(ec2: EC2Client, named: readonly NamedImage[]): Promise<ReadonlyMap<string, Image>> {
  const Values = [...new Set(named.map(({ imageId }) => imageId))].filter((id) => imageIdForm.test(id));
  const seen = new Map<string, Image>();
  if (Values.length === 0) return seen;
  // A filter, since one id that the account can't see would make an error of the whole call.
  const input = { Filters: [{ Name: 'image-id', Values }], IncludeDeprecated: true };
  for await (const { Images = [] } of paginateDescribeImages({ client: ec2 }, input))
    for (const image of Images) seen.set(image.ImageId ?? '', image);
  return seen;
}

const isOfFactory = (image: Image | undefined, { kind }: NamedImage, opsAccountId: string): boolean =>
  image?.State === 'available' &&
  image.OwnerId === opsAccountId &&
  image.Name?.startsWith(`boundless-${kind}-`) === true;

/** What the owner knows of an image that the account can't start. */
async function whyNot({ clients: { ec2 }, settings, waits }: Run, imageId: string): Promise<string> {
  if (!imageIdForm.test(imageId)) return 'is no image id';
  try {
    const image = await retrying(() => visibleImage(ec2, imageId), waits);
    if (image === undefined) return 'was deregistered, or never existed';
    if (image.State !== 'available') return `is ${image.State ?? 'in no state'}`;
    if (image.OwnerId !== settings.opsAccountId)
      return `belongs to ${image.OwnerId ?? 'nobody'} and not to this factory`;
    return `the account may not launch, or which is an image of another kind (${image.Name ?? 'without a name'})`;
  } catch (error) {
    return `can't be looked up: ${shortMessage(error)}`;
  }
}

const fixOf = ({ kind, pointer, parameter }: NamedImage): string =>
  ({
    latest:
      `build a ${kind} image, or bring this one back (\`aws ec2 enable-image\` where it is disabled); ` +
      'then `make reconcile` moves the pointer',
    pinned: `\`make unpin ENV=<the account's environment> IMAGE=${kind}\`, or pin another image`,
    validated: `start the pipeline of the account's environment again: it writes ${parameter}`,
  })[pointer];
