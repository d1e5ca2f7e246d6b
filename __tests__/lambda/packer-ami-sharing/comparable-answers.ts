import type { Walk } from './every-job';
import type { Recorded } from '../../support/recorded-answers';

/** What differs between two walks by its nature, and what stands for it. */
function plain(text: string, { images }: Walk): string {
  const named = images.reduce((rest, id, n) => rest.replaceAll(id, `image-${n}`), text);
  return named
    .replaceAll(/snap-[0-9a-f]+/g, 'snapshot')
    .replaceAll(/arn:aws:kms:[^"\s]+/g, 'key')
    .replaceAll(/packer-build-project:(?!8745a7a9)[-0-9a-f]+/g, 'build')
    .replaceAll(/boundless-manager-[.\d]+-\d+/g, 'name')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'date');
}

/** Lists of AWS that have no order, and values that are new each time. */
function unordered(key: string, value: unknown): unknown {
  if (['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'EventId'].includes(key)) return 'new each time';
  if (!Array.isArray(value)) return value;
  if (['Tags', 'LaunchPermissions', 'Grants', 'Images', 'Parameters'].includes(key))
    return (value as unknown[]).sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
  // A device of the instance's own, which has no snapshot: images of Ubuntu name two, those of the local AWS none.
  if (key === 'BlockDeviceMappings') return (value as object[]).filter((device) => 'Ebs' in device);
  return value;
}

const idOf = (item: unknown): string => {
  const { Key, UserId, Group, GranteePrincipal, ImageId, Name } = item as Readonly<Record<string, string | undefined>>;
  return Key ?? UserId ?? Group ?? GranteePrincipal ?? ImageId ?? Name ?? '';
};

/** Something of a walk, as another walk must have it too. */
export const comparable = (value: unknown, walk: Walk): unknown =>
  JSON.parse(plain(JSON.stringify(value), walk), unordered);

/** The calls of a walk and their answers, in an order of their own: accounts are worked on at the same time. */
export function comparableAnswers(recorded: readonly Recorded[], walk: Walk): readonly Recorded[] {
  const all = comparable(recorded, walk) as Recorded[];
  const place = ({ action, input }: Recorded) => `${action} ${JSON.stringify(input)}`;
  return all
    .map((one, index) => ({ one, index }))
    .sort((a, b) => (place(a.one) === place(b.one) ? a.index - b.index : place(a.one) < place(b.one) ? -1 : 1))
    .map(({ one }) => one);
}
