import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeBuildProjects, imageKinds, project } from '../../config/names';

/** What a factory has that has baked for years. */
export interface Factory {
  readonly opsAccountId: string;
  readonly keyArn: string;
  readonly accountIds: readonly string[];
  readonly images: number;
}

type Values = (name: string) => readonly string[];

/**
 * A server that answers what the sharing Lambda asks of AWS in a reconcile run that finds nothing to do, with as many images
 * as it is given: answers are as long as those of AWS, and are made from a few numbers. Requests are not throttled.
 */
export async function startEc2OfMany(
  factory: Factory,
): Promise<{ readonly endpoint: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      if (typeof target === 'string') {
        response.setHeader('content-type', 'application/x-amz-json-1.1');
        response.end(JSON.stringify(jsonAnswer(factory, target.split('.').at(-1) ?? '', body)));
      } else response.setHeader('content-type', 'text/xml').end(xmlAnswer(factory, new URLSearchParams(body)));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      stop(server);
    },
  };
}

function stop(server: Server): void {
  server.closeAllConnections();
  server.close();
}

const idOf = (n: number): string => `ami-${String(n).padStart(17, '0')}`;
const kindOf = (n: number): string => imageKinds[n % imageKinds.length] ?? '';

function jsonAnswer({ images }: Factory, action: string, body: string): unknown {
  if (action === 'GetParameters') {
    const { Names } = JSON.parse(body) as { readonly Names: readonly string[] };
    const newest = (name: string) =>
      Array.from(imageKinds, (_, back) => images - 1 - back).find((n) => name.includes(`/${kindOf(n)}/`));
    const latest = Names.filter((Name) => Name.endsWith('/latest'));
    return { Parameters: latest.map((Name) => ({ Name, Value: idOf(newest(Name) ?? 0) })) };
  }
  const Statement = [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }];
  const answers: Readonly<Record<string, unknown>> = {
    BatchGetBuilds: { builds: [] },
    DescribeKey: { KeyMetadata: { KeyId: 'key', KeyState: 'Enabled' } },
    GetKeyPolicy: { Policy: JSON.stringify({ Statement }) },
    ListGrants: { Grants: [] },
    PutEvents: { Entries: [{ EventId: '1' }] },
    PutParameter: { Version: 1 },
  };
  return answers[action] ?? {};
}

/** The values of a filter of a request to EC2. */
export function valuesOf(parameters: URLSearchParams, name: string): readonly string[] {
  const filter = [...parameters].find(([key, value]) => /^Filter\.\d+\.Name$/.test(key) && value === name)?.[0];
  const prefix = filter?.replace(/Name$/, 'Value.');
  return prefix === undefined ? [] : [...parameters].flatMap(([key, value]) => (key.startsWith(prefix) ? value : []));
}

function xmlAnswer(factory: Factory, parameters: URLSearchParams): string {
  const action = parameters.get('Action') ?? '';
  const values: Values = (name) => valuesOf(parameters, name);
  const content: Readonly<Record<string, () => string>> = {
    DescribeImages: () => imagesXml(factory, parameters, values),
    DescribeSnapshots: () => {
      const snapshots = values('snapshot-id').map((id) => snapshotXml(id, factory.keyArn));
      return `<snapshotSet>${snapshots.join('')}</snapshotSet>`;
    },
    DescribeImageAttribute: () =>
      `<launchPermission>${factory.accountIds.map((id) => `<item><userId>${id}</userId></item>`).join('')}</launchPermission>`,
    GetAllowedImagesSettings: () => '<state>disabled</state>',
    GetRole: () =>
      '<GetRoleResult><Role><RoleName>r</RoleName><RoleId>r</RoleId><Path>/</Path><Arn>a</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult>',
    AssumeRole: () =>
      '<AssumeRoleResult><Credentials><AccessKeyId>k</AccessKeyId><SecretAccessKey>s</SecretAccessKey>' +
      '<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>',
  };
  return `<${action}Response>${content[action]?.() ?? ''}</${action}Response>`;
}

/** A page of the factory's images, as it is asked for. */
export function imagesXml(factory: Factory, parameters: URLSearchParams, values: Values): string {
  const [kind] = values('tag:Image');
  const ids = values('image-id').map((id) => Number(id.slice(4)));
  const all = Array.from({ length: factory.images }, (_, n) => n).filter(
    (n) => kind === undefined || kindOf(n) === kind,
  );
  const found = values('is-public').length > 0 ? [] : ids.length > 0 ? ids : all;
  const start = Number(parameters.get('NextToken') ?? 0);
  const end = start + Number(parameters.get('MaxResults') ?? Infinity);
  const images = found.slice(start, end).map((n) => imageXml(n, factory));
  const next = end < found.length ? `<nextToken>${end}</nextToken>` : '';
  return `<imagesSet>${images.join('')}</imagesSet>${next}`;
}

function imageXml(n: number, { opsAccountId }: Factory): string {
  const name = `boundless-${kindOf(n)}-v1.2.2-${20_260_101_000_000 + n}`;
  const tags = {
    Project: project,
    ManagedBy: 'packer',
    Image: kindOf(n),
    BuildId: `${codeBuildProjects.packer}:${String(n).padStart(8, '0')}-89ab-cdef-0123-456789abcdef`,
    Name: name,
    Version: 'v1.2.2',
    BrokerVersion: 'v1.2.2',
    GitCommit: 'c0ffee00'.repeat(5),
    InputsHash: String(n).padStart(64, 'a'),
    SourceAmi: 'ami-0a1b2c3d4e5f60001',
    Environment: 'production',
  };
  const tagSet = Object.entries(tags).map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`);
  return (
    `<item><imageId>${idOf(n)}</imageId><imageLocation>${opsAccountId}/${name}</imageLocation>` +
    `<imageState>available</imageState><imageOwnerId>${opsAccountId}</imageOwnerId><isPublic>false</isPublic>` +
    `<creationDate>${new Date(1_700_000_000_000 + n * 3_600_000).toISOString()}</creationDate>` +
    `<architecture>x86_64</architecture><platformDetails>Linux/UNIX</platformDetails><imageType>machine</imageType>` +
    `<name>${name}</name><description>An image of the factory</description><rootDeviceType>ebs</rootDeviceType>` +
    `<rootDeviceName>/dev/sda1</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs>` +
    `<snapshotId>snap-${n}</snapshotId><volumeSize>64</volumeSize><deleteOnTermination>true</deleteOnTermination>` +
    `<volumeType>gp3</volumeType><encrypted>true</encrypted></ebs></item></blockDeviceMapping>` +
    `<virtualizationType>hvm</virtualizationType><tagSet>${tagSet.join('')}</tagSet><hypervisor>xen</hypervisor>` +
    `<enaSupport>true</enaSupport><bootMode>uefi-preferred</bootMode><imdsSupport>v2.0</imdsSupport></item>`
  );
}

const snapshotXml = (id: string, keyArn: string): string =>
  `<item><snapshotId>${id}</snapshotId><status>completed</status><encrypted>true</encrypted>` +
  `<kmsKeyId>${keyArn}</kmsKeyId><volumeSize>64</volumeSize></item>`;
