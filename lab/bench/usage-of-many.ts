import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { imagesXml, valuesOf, type Factory } from './ec2-of-many';

/** What the service accounts have of each, all together. */
export interface Usage {
  readonly instances: number;
  readonly templateVersions: number;
}

const versionsPerTemplate = 20;

/**
 * A server that answers what the cleanup Lambda asks of AWS in a dry run, with as many images, instances and versions as it is
 * given: answers are as long as those of AWS. Requests are not throttled.
 */
export async function startUsageOfMany(
  factory: Factory,
  usage: Usage,
): Promise<{ readonly endpoint: string; readonly calls: () => number; readonly close: () => void }> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      if (typeof target === 'string') {
        response.setHeader('content-type', 'application/x-amz-json-1.1');
        response.end(JSON.stringify(jsonAnswer(target.split('.').at(-1) ?? '', body)));
      } else if (request.method === 'PUT') response.end();
      else
        response
          .setHeader('content-type', 'text/xml')
          .end(xmlAnswer(factory, usage, accountOf(request), new URLSearchParams(body)));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The access key that signed the call: AssumeRole gives the account's id as one. */
const accountOf = ({ headers }: IncomingMessage): string =>
  /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';

function jsonAnswer(action: string, body: string): unknown {
  const names = Array.from({ length: 20 }, (_, n) => `/setting/${n}`);
  if (action === 'DescribeParameters') return { Parameters: names.map((Name) => ({ Name, Type: 'String' })) };
  const { Names = [] } = JSON.parse(body) as { readonly Names?: readonly string[] };
  return { Parameters: Names.map((Name) => ({ Name, Value: 'a value', Type: 'String' })), InvalidParameters: [] };
}

function xmlAnswer(factory: Factory, usage: Usage, account: string, parameters: URLSearchParams): string {
  const action = parameters.get('Action') ?? '';
  const { accountIds } = factory;
  const isService = accountIds.includes(account);
  const templates = isService ? usage.templateVersions / versionsPerTemplate / accountIds.length : 0;
  const many = (count: number, one: (n: number) => string) => Array.from({ length: count }, (_, n) => one(n)).join('');
  const empty = (set: string) => () => `<${set}/>`;
  const scaling = (name: string, list: string) => `<${name}Result>${list}</${name}Result>`;
  const content: Readonly<Record<string, () => string>> = {
    AssumeRole: () => {
      const [id = ''] = /\d{12}/.exec(parameters.get('RoleArn') ?? '') ?? [];
      return (
        `<AssumeRoleResult><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
        '<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>'
      );
    },
    DescribeImages: () => imagesXml(factory, parameters, (name) => valuesOf(parameters, name)),
    DescribeInstances: () =>
      `<reservationSet>${many(isService ? usage.instances / accountIds.length : 0, (n) => instanceXml(account, n))}</reservationSet>`,
    DescribeLaunchTemplates: () => `<launchTemplates>${many(templates, templateXml)}</launchTemplates>`,
    DescribeLaunchTemplateVersions: () =>
      `<launchTemplateVersionSet>${many(versionsPerTemplate, versionXml)}</launchTemplateVersionSet>`,
    DescribeAutoScalingGroups: () =>
      scaling(action, `<AutoScalingGroups>${many(templates, groupXml)}</AutoScalingGroups>`),
    DescribeInstanceRefreshes: () => scaling(action, '<InstanceRefreshes/>'),
    DescribeLaunchConfigurations: () => scaling(action, '<LaunchConfigurations/>'),
    DescribeSnapshots: () => snapshotsXml(factory.images, parameters),
    DescribeSpotInstanceRequests: empty('spotInstanceRequestSet'),
    DescribeFleets: empty('fleetSet'),
    DescribeSpotFleetRequests: empty('spotFleetRequestConfigSet'),
    DescribeKeyPairs: empty('keySet'),
    DescribeSecurityGroups: empty('securityGroupInfo'),
    DescribeVolumes: empty('volumeSet'),
  };
  return `<${action}Response>${content[action]?.() ?? ''}</${action}Response>`;
}

const idOf = (n: number): string => `ami-${String(n).padStart(17, '0')}`;
const templateId = (n: number): string => `lt-${String(n).padStart(17, '0')}`;
const tagsXml = (count: number): string =>
  `<tagSet>${Array.from({ length: count }, (_, n) => `<item><key>tag-${n}</key><value>${'v'.repeat(40)}</value></item>`).join('')}</tagSet>`;

/** Some 2 kB, as EC2's are. */
const instanceXml = (account: string, n: number): string =>
  `<item><reservationId>r-${n}</reservationId><ownerId>${account}</ownerId><instancesSet><item>` +
  `<instanceId>i-${account}${n}</instanceId><imageId>${idOf(n % 10)}</imageId><instanceState><code>16</code>` +
  `<name>running</name></instanceState><instanceType>g6.xlarge</instanceType><launchTime>2026-11-01T00:00:00Z</launchTime>` +
  `<privateDnsName>${'ip-10-0-0-0'.repeat(4)}</privateDnsName>${tagsXml(12)}<hypervisor>nitro</hypervisor></item></instancesSet></item>`;

const templateXml = (n: number): string =>
  `<item><launchTemplateId>${templateId(n)}</launchTemplateId><launchTemplateName>t${n}</launchTemplateName>` +
  `<defaultVersionNumber>1</defaultVersionNumber><latestVersionNumber>${versionsPerTemplate}</latestVersionNumber>` +
  `<createTime>2026-01-01T00:00:00Z</createTime>${tagsXml(5)}</item>`;

const versionXml = (n: number): string =>
  `<item><launchTemplateId>${templateId(0)}</launchTemplateId><versionNumber>${versionsPerTemplate - n}</versionNumber>` +
  `<launchTemplateData><imageId>${idOf(n + 20)}</imageId><userData>${'dXNlcg=='.repeat(200)}</userData></launchTemplateData></item>`;

const groupXml = (n: number): string =>
  `<member><AutoScalingGroupName>g${n}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>0</MaxSize><DesiredCapacity>0</DesiredCapacity>` +
  `<DefaultCooldown>300</DefaultCooldown><HealthCheckType>EC2</HealthCheckType><CreatedTime>2026-01-01T00:00:00Z</CreatedTime>` +
  `<LaunchTemplate><LaunchTemplateId>${templateId(n)}</LaunchTemplateId><Version>1</Version></LaunchTemplate></member>`;

function snapshotsXml(count: number, parameters: URLSearchParams): string {
  const start = Number(parameters.get('NextToken') ?? 0);
  const end = Math.min(count, start + Number(parameters.get('MaxResults') ?? Infinity));
  const one = (n: number) =>
    `<item><snapshotId>snap-${n}</snapshotId><status>completed</status><startTime>2026-01-01T00:00:00Z</startTime>` +
    `<volumeSize>64</volumeSize>${tagsXml(11)}</item>`;
  const items = Array.from({ length: end - start }, (_, index) => one(start + index)).join('');
  return `<snapshotSet>${items}</snapshotSet>${end < count ? `<nextToken>${end}</nextToken>` : ''}`;
}
