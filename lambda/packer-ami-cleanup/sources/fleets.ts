import { DescribeFleetsCommand, DescribeSpotFleetRequestsCommand } from '@aws-sdk/client-ec2';
import { everyPage } from './every-page';
import { copyOf, matters, type Found, type Reader, type Reference, type TemplateReference } from './reader';

const pageSize = 500;

/** States of fleets that launch nothing any more (Amazon EC2 API Reference, "FleetData", "SpotFleetRequestConfig"). */
const ended: readonly string[] = ['deleted', 'deleted_terminating', 'failed', 'cancelled', 'cancelled_terminating'];

/** Launch templates of EC2 Fleets. */
export async function fleets({ accountId, ec2 }: Reader): Promise<Found> {
  const templates: TemplateReference[] = [];
  const pages = everyPage({
    action: 'ec2:DescribeFleets',
    send: (NextToken) => ec2.send(new DescribeFleetsCommand({ MaxResults: pageSize, NextToken })),
    items: ({ Fleets }) => Fleets,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { FleetId = '', FleetState = '', LaunchTemplateConfigs = [] } of page)
      if (!ended.includes(FleetState))
        for (const { LaunchTemplateSpecification: one } of LaunchTemplateConfigs)
          if (one !== undefined)
            templates.push(reference(one, { accountId, what: 'fleet', resource: copyOf(FleetId) }));
  return { images: [], templates };
}

/** Images and launch templates of Spot Fleets. */
export async function spotFleets(reader: Reader): Promise<Found> {
  const { accountId, ec2 } = reader;
  const images: Reference[] = [];
  const templates: TemplateReference[] = [];
  const pages = everyPage({
    action: 'ec2:DescribeSpotFleetRequests',
    send: (NextToken) => ec2.send(new DescribeSpotFleetRequestsCommand({ MaxResults: pageSize, NextToken })),
    items: ({ SpotFleetRequestConfigs }) => SpotFleetRequestConfigs,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { SpotFleetRequestId = '', SpotFleetRequestState = '', SpotFleetRequestConfig: fleet } of page) {
      if (ended.includes(SpotFleetRequestState)) continue;
      const use = { accountId, what: 'spot fleet', resource: copyOf(SpotFleetRequestId) };
      for (const { ImageId } of fleet?.LaunchSpecifications ?? [])
        if (matters(reader, ImageId)) images.push({ image: copyOf(ImageId), use });
      for (const { LaunchTemplateSpecification: one } of fleet?.LaunchTemplateConfigs ?? [])
        if (one !== undefined) templates.push(reference(one, use));
    }
  return { images, templates };
}

interface Specification {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
  readonly Version?: string | undefined;
}

const reference = (
  { LaunchTemplateId: id, LaunchTemplateName: name, Version: version }: Specification,
  use: TemplateReference['use'],
): TemplateReference => ({
  id: id && copyOf(id),
  name: name && copyOf(name),
  version: version && copyOf(version),
  use,
});
