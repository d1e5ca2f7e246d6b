import { imageKinds } from '../../config/names';
import { prices } from '../../config/prices';
import type { OpsConfig } from '../../config/schema';

/** What a part of a stack costs a month, in USD. */
export interface CostLine {
  readonly what: string;
  /** How it is counted, such as `3 x 32.85`. */
  readonly how: string;
  readonly usd: number;
}

/** A resource of a synthesized stack, as Terraform reads it. */
type Resource = Readonly<Record<string, unknown>>;
/** The resources of a synthesized stack by type and id. */
export type Resources = Readonly<Record<string, Readonly<Record<string, Resource>>>>;

const { hoursPerMonth, perGiBMonth, perHour, perMonth, spotShare } = prices;

/** No price is known of it. */
export class UnknownPriceError extends Error {
  override readonly name = 'UnknownPriceError';
}

/** Parts of a stack that cost the same whatever goes through them, in the order of their names. Parts that cost nothing are left out. */
export function linesOf(resources: Resources): readonly CostLine[] {
  const of = (type: string): readonly Resource[] => Object.values(resources[type] ?? {});
  const each = (what: string, count: number, price: number): CostLine => ({
    what,
    how: `${count} x ${price.toFixed(2)}`,
    usd: count * price,
  });
  const endpoints = of('aws_vpc_endpoint').filter((endpoint) => endpoint['vpc_endpoint_type'] === 'Interface');
  const zones = endpoints.reduce((sum, endpoint) => sum + (endpoint['subnet_ids'] as unknown[]).length, 0);
  const lines = [
    each('alarms, by metric', metricsOf(of('aws_cloudwatch_metric_alarm')), perMonth.alarm),
    each('composite alarms', of('aws_cloudwatch_composite_alarm').length, perMonth.compositeAlarm),
    each('dashboards', of('aws_cloudwatch_dashboard').length, perMonth.dashboard),
    each('keys', of('aws_kms_key').length, perMonth.key),
    each('metrics of log filters, at most', of('aws_cloudwatch_log_metric_filter').length, perMonth.metric),
    each('NAT gateways', of('aws_nat_gateway').length, perHour.natGateway * hoursPerMonth),
    each('public addresses', of('aws_eip').length, perHour.publicAddress * hoursPerMonth),
    each('secrets', of('aws_secretsmanager_secret').length, perMonth.secret),
    each('VPC endpoints, by zone', zones, perHour.endpointInZone * hoursPerMonth),
    ...of('aws_ebs_volume').map((volume) => gib('data volume', volume['size'] as number, perGiBMonth.gp3)),
    ...snapshots(of('aws_dlm_lifecycle_policy'), of('aws_ebs_volume')),
    ...of('aws_autoscaling_group').flatMap((group) => instances(group, resources)),
  ];
  return lines.filter(({ usd }) => usd > 0);
}

/** An alarm costs as much as it has metrics; what it computes from them costs nothing. */
const metricsOf = (alarms: readonly Resource[]): number =>
  alarms.reduce((sum, alarm) => {
    const queries = alarm['metric_query'] as readonly { metric?: unknown }[] | undefined;
    return sum + (queries?.filter(({ metric }) => metric !== undefined).length ?? 1);
  }, 0);

/** What the images cost that are kept, at most: a snapshot holds what was written, of its volume's size at most. */
export function imageLine(
  { keepNewest }: OpsConfig['retirement'],
  gibOf: Readonly<Record<(typeof imageKinds)[number], number>>,
): CostLine {
  const total = imageKinds.reduce((sum, kind) => sum + gibOf[kind], 0) * keepNewest;
  return gib(`snapshots of the newest ${keepNewest} images of each kind, at most`, total, perGiBMonth.snapshot);
}

const gib = (what: string, size: number, price: number): CostLine => ({
  what,
  how: `${size} GiB x ${price.toFixed(2)}`,
  usd: size * price,
});

/** Snapshots of a volume hold what changed: the first all of it, the others less. At most, each is whole. */
function snapshots(policies: readonly Resource[], volumes: readonly Resource[]): readonly CostLine[] {
  const size = volumes.reduce((sum, volume) => sum + (volume['size'] as number), 0);
  return policies.map((policy) => {
    const { schedule } = policy['policy_details'] as { schedule: readonly { retain_rule: { count: number } }[] };
    const count = schedule.reduce((sum, { retain_rule }) => sum + retain_rule.count, 0);
    return gib(`${count} snapshots of the data volume, at most`, size * count, perGiBMonth.snapshot);
  });
}

interface Distribution {
  readonly on_demand_base_capacity: number;
  readonly on_demand_percentage_above_base_capacity: number;
}

/** Instances of a group at its desired size, of its first type, with their root volumes. */
function instances(group: Resource, resources: Resources): readonly CostLine[] {
  const name = group['name'] as string;
  const desired = group['desired_capacity'] as number;
  const mixed = group['mixed_instances_policy'] as
    | { instances_distribution: Distribution; launch_template: { override: readonly { instance_type: string }[] } }
    | undefined;
  const template = templateOf(group, resources);
  const type = mixed?.launch_template.override[0]?.instance_type ?? (template['instance_type'] as string);
  const hour = prices.instanceHour[type];
  if (hour === undefined)
    throw new UnknownPriceError(
      `There is no price of ${type}, which ${name} takes first; add its on-demand price of an hour to config/prices.ts.`,
    );
  const base = Math.min(desired, mixed?.instances_distribution.on_demand_base_capacity ?? desired);
  const percentage = mixed?.instances_distribution.on_demand_percentage_above_base_capacity ?? 100;
  const onDemand = base + Math.ceil(((desired - base) * percentage) / 100);
  const spot = desired - onDemand;
  const month = hour * hoursPerMonth;
  const [root] = template['block_device_mappings'] as readonly { ebs: { volume_size: number } }[];
  const line = (what: string, count: number, price: number): CostLine => ({
    what: `${name}: ${type} ${what}`,
    how: `${count} x ${price.toFixed(2)}`,
    usd: count * price,
  });
  return [
    line('on demand', onDemand, month),
    line(`on spot, at ${Math.round(spotShare * 100)} %`, spot, month * spotShare),
    gib(`${name}: root volumes`, desired * (root?.ebs.volume_size ?? 0), perGiBMonth.gp3),
  ];
}

/** The launch template that a group refers to. */
function templateOf(group: Resource, resources: Resources): Resource {
  const [, id = ''] = /aws_launch_template\.(\w+)\.id/.exec(JSON.stringify(group)) ?? [];
  const template = resources['aws_launch_template']?.[id];
  if (template === undefined)
    throw new Error(`The group ${String(group['name'])} names no launch template of its stack.`);
  return template;
}
