import { DescribeInstancesCommand, DescribeSpotInstanceRequestsCommand } from '@aws-sdk/client-ec2';
import { everyPage } from './every-page';
import { copyOf, matters, type Found, type Reader, type Reference } from './reader';

/** EC2 gives 1,000, but the text of so many takes megabytes for each account that is read at a time. */
const pageSize = 500;

/** Every state but `terminated`: a stopped instance starts from its volumes, but an operator may want another like it. */
const states = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];

/** Images of instances. */
export async function instances(reader: Reader): Promise<Found> {
  const images: Reference[] = [];
  const Filters = [{ Name: 'instance-state-name', Values: states }];
  const pages = everyPage({
    action: 'ec2:DescribeInstances',
    send: (NextToken) => reader.ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: pageSize, NextToken })),
    items: ({ Reservations }) => Reservations?.flatMap(({ Instances = [] }) => Instances),
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { ImageId, InstanceId = '' } of page)
      if (matters(reader, ImageId)) images.push(reference(reader, ImageId, 'instance', InstanceId));
  return { images, templates: [] };
}

/** Images of spot requests that EC2 may still fulfil, or again. */
export async function spotRequests(reader: Reader): Promise<Found> {
  const images: Reference[] = [];
  const Filters = [{ Name: 'state', Values: ['open', 'active', 'disabled'] }];
  const pages = everyPage({
    action: 'ec2:DescribeSpotInstanceRequests',
    send: (NextToken) =>
      reader.ec2.send(new DescribeSpotInstanceRequestsCommand({ Filters, MaxResults: pageSize, NextToken })),
    items: ({ SpotInstanceRequests }) => SpotInstanceRequests,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { LaunchSpecification: { ImageId } = {}, SpotInstanceRequestId = '' } of page)
      if (matters(reader, ImageId)) images.push(reference(reader, ImageId, 'spot request', SpotInstanceRequestId));
  return { images, templates: [] };
}

const reference = ({ accountId }: Reader, image: string, what: string, resource: string): Reference => ({
  image: copyOf(image),
  use: { accountId, what, resource: copyOf(resource) },
});
