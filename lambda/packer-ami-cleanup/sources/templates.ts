import {
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type LaunchTemplate,
} from '@aws-sdk/client-ec2';
import { mapBounded } from '../../common/bounded';
import { everyItem, everyPage } from './every-page';
import { copyOf, matters, type Reader, type Reference, type TemplateReference } from './reader';

/** The most that EC2 gives at once (Amazon EC2 API Reference, "DescribeLaunchTemplateVersions"). */
const pageSize = 200;

/** Templates of one account that are read at a time: EC2 lets an account make some 10 such calls a second. */
const atATime = 4;

/** A launch template, and the image of each of its versions that may matter. */
interface Versions {
  readonly id: string;
  readonly name: string;
  readonly default: number;
  /** The newest first. */
  readonly numbers: readonly number[];
  readonly images: ReadonlyMap<number, string>;
}

/**
 * Images of launch templates that can be launched: of each template the default version, the newest ones, which an operator
 * may roll back to, and every version that something names. Older versions, which Terraform never deletes, hold nothing.
 *
 * @param newest so many of the newest versions of each template count
 * @param references what names templates, from the other sources
 */
export async function templateImages(
  reader: Reader,
  newest: number,
  references: readonly TemplateReference[],
): Promise<readonly Reference[]> {
  const templates = await everyItem({
    action: 'ec2:DescribeLaunchTemplates',
    send: (NextToken) => reader.ec2.send(new DescribeLaunchTemplatesCommand({ MaxResults: pageSize, NextToken })),
    items: ({ LaunchTemplates }) => LaunchTemplates,
    next: ({ NextToken }) => NextToken,
  });
  const all = await mapBounded(templates, atATime, (template) => versionsOf(reader, template));
  const byIdOrName = new Map(all.flatMap((one) => [[one.id, one] as const, [one.name, one] as const]));
  return [
    ...all.flatMap((one) => ownImages(reader, one, newest)),
    ...references.flatMap(({ id, name, version, use }) => {
      const template = byIdOrName.get(id ?? name ?? '');
      const number = template && numberOf(template, version);
      const image = number === undefined ? undefined : template?.images.get(number);
      return image === undefined ? [] : [{ image, use }];
    }),
  ];
}

async function versionsOf(reader: Reader, template: LaunchTemplate): Promise<Versions> {
  const { LaunchTemplateId = '', LaunchTemplateName = '', DefaultVersionNumber = 0 } = template;
  const images = new Map<number, string>();
  const numbers: number[] = [];
  const pages = everyPage({
    action: 'ec2:DescribeLaunchTemplateVersions',
    send: (NextToken) =>
      reader.ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, MaxResults: pageSize, NextToken })),
    items: ({ LaunchTemplateVersions }) => LaunchTemplateVersions,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { VersionNumber = 0, LaunchTemplateData: { ImageId } = {} } of page) {
      numbers.push(VersionNumber);
      if (matters(reader, ImageId)) images.set(VersionNumber, copyOf(ImageId));
    }
  numbers.sort((one, other) => other - one);
  return {
    id: copyOf(LaunchTemplateId),
    name: copyOf(LaunchTemplateName),
    default: DefaultVersionNumber,
    numbers,
    images,
  };
}

function ownImages({ accountId }: Reader, template: Versions, newest: number): readonly Reference[] {
  const counted = new Set([template.default, ...template.numbers.slice(0, newest)]);
  return [...counted].flatMap((number) => {
    const image = template.images.get(number);
    const use = { accountId, what: 'launch template', resource: `${template.name} version ${number}` };
    return image === undefined ? [] : [{ image, use }];
  });
}

/** The number of a version as a resource names it. */
function numberOf(template: Versions, version = '$Default'): number | undefined {
  if (version === '$Default') return template.default;
  return version === '$Latest' ? template.numbers[0] : Number(version);
}
