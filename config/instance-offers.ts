/**
 * What EC2 offers of the families in `instance-types.ts`: answers of its API (Amazon EC2 API Reference,
 * "DescribeInstanceTypeOfferings") as moto 5.2.1 carries them in `moto/ec2/resources/instance_type_offerings`, read on
 * 2026-12-01. AWS adds sizes, zones and regions: what is missing here is a warning, unless the size itself is unknown.
 */
export const offersReadOn = '2026-12-01';

/** Sizes of each x86_64 family. */
const sizes: Readonly<Record<string, string>> = {
  c6a: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal',
  c6i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge metal',
  c7a: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal-48xl',
  c7i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  c8a: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  c8i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge 96xlarge metal-48xl metal-96xl',
  m6a: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal',
  m6i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge metal',
  m7a: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal-48xl',
  m7i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  m8a: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  m8i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge 96xlarge metal-48xl metal-96xl',
  r6a: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal',
  r6i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge metal',
  r7a: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal-48xl',
  r7i: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  t3: 'nano micro small medium large xlarge 2xlarge',
  t3a: 'nano micro small medium large xlarge 2xlarge',
  g4dn: 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal',
  g5: 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
  g6: 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
  g6e: 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
};

/** Regions, of those that a configuration may name, that do not offer a family. */
const absent: Readonly<Record<string, readonly string[]>> = {
  c6a: ['eu-north-1', 'eu-west-3', 'ap-northeast-2'],
  c7a: [
    'us-west-1',
    'ca-central-1',
    'eu-west-3',
    'ap-northeast-2',
    'ap-south-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'sa-east-1',
  ],
  c8a: [
    'us-west-1',
    'ca-central-1',
    'eu-north-1',
    'eu-west-2',
    'eu-west-3',
    'ap-northeast-2',
    'ap-south-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'sa-east-1',
  ],
  c8i: ['eu-north-1'],
  m6a: ['eu-north-1', 'ap-northeast-2'],
  m7a: ['us-west-1', 'ca-central-1', 'eu-west-3', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'sa-east-1'],
  m8a: [
    'us-west-1',
    'ca-central-1',
    'eu-north-1',
    'eu-west-2',
    'eu-west-3',
    'ap-northeast-2',
    'ap-south-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'sa-east-1',
  ],
  m8i: ['eu-north-1'],
  r6a: ['eu-north-1', 'eu-west-2', 'eu-west-3', 'ap-northeast-2', 'sa-east-1'],
  r7a: [
    'us-west-1',
    'ca-central-1',
    'eu-west-2',
    'eu-west-3',
    'ap-northeast-2',
    'ap-south-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'sa-east-1',
  ],
  t3a: ['eu-north-1'],
  g5: ['us-west-1', 'eu-west-3', 'ap-southeast-1'],
  g6: ['us-west-1', 'eu-west-1', 'ap-southeast-1'],
  g6e: [
    'us-west-1',
    'ca-central-1',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
    'ap-southeast-1',
    'ap-southeast-2',
    'sa-east-1',
  ],
};

/** Letters of the zones in each region. In us-west-1, ca-central-1 and ap-northeast-1 accounts may have other letters. */
const zones: Readonly<Record<string, string>> = {
  'us-east-1': 'abcdef',
  'us-east-2': 'abc',
  'us-west-1': 'ab',
  'us-west-2': 'abcd',
  'ca-central-1': 'abd',
  'eu-central-1': 'abc',
  'eu-north-1': 'abc',
  'eu-west-1': 'abc',
  'eu-west-2': 'abc',
  'eu-west-3': 'abc',
  'ap-northeast-1': 'acd',
  'ap-northeast-2': 'abcd',
  'ap-south-1': 'abc',
  'ap-southeast-1': 'abc',
  'ap-southeast-2': 'abc',
  'sa-east-1': 'abc',
};

const familyOf = (instanceType: string): string => instanceType.split('.')[0] ?? '';

/** Sizes of an instance type's family; undefined for a family that is not listed. */
export function sizesOf(instanceType: string): readonly string[] | undefined {
  const family = familyOf(instanceType);
  return Object.hasOwn(sizes, family) ? sizes[family]?.split(' ') : undefined;
}

/** Whether a region offered the family of an instance type. */
export const isOffered = (instanceType: string, region: string): boolean =>
  absent[familyOf(instanceType)]?.includes(region) !== true;

/** The letters of the zones that a region had. */
export const zonesOf = (region: string): readonly string[] => zones[region]?.split('') ?? [];
