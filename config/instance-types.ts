import { sizesOf } from './instance-offers';

/** What a family of EC2 instance types brings, as far as the images care. */
export interface InstanceFamily {
  readonly architecture: 'x86_64' | 'arm64';
  /** GiB of memory for each vCPU; the small sizes of t3 and t3a have less. */
  readonly memoryPerCpu: number;
  /** CUDA compute capability of the family's GPU, for example `sm_89`; absent where there is no GPU. */
  readonly gpu?: string;
  /** GiB of memory of one GPU. */
  readonly gpuMemory?: number;
}

/**
 * The families that a configuration may name. The images are x86_64, since Bento is released for
 * amd64 only (docs/facts/bento.md#downloads), and Bento ships GPU code for sm_75, sm_86, sm_89 and sm_120 only
 * (docs/facts/bento.md#gpu-architectures): the other GPU families stand here so that the error can explain why they are
 * refused.
 */
const families: Readonly<Record<string, InstanceFamily>> = {
  c6a: { architecture: 'x86_64', memoryPerCpu: 2 },
  c6i: { architecture: 'x86_64', memoryPerCpu: 2 },
  c7a: { architecture: 'x86_64', memoryPerCpu: 2 },
  c7i: { architecture: 'x86_64', memoryPerCpu: 2 },
  c8a: { architecture: 'x86_64', memoryPerCpu: 2 },
  c8i: { architecture: 'x86_64', memoryPerCpu: 2 },
  m6a: { architecture: 'x86_64', memoryPerCpu: 4 },
  m6i: { architecture: 'x86_64', memoryPerCpu: 4 },
  m7a: { architecture: 'x86_64', memoryPerCpu: 4 },
  m7i: { architecture: 'x86_64', memoryPerCpu: 4 },
  m8a: { architecture: 'x86_64', memoryPerCpu: 4 },
  m8i: { architecture: 'x86_64', memoryPerCpu: 4 },
  r6a: { architecture: 'x86_64', memoryPerCpu: 8 },
  r6i: { architecture: 'x86_64', memoryPerCpu: 8 },
  r7a: { architecture: 'x86_64', memoryPerCpu: 8 },
  r7i: { architecture: 'x86_64', memoryPerCpu: 8 },
  t3: { architecture: 'x86_64', memoryPerCpu: 4 },
  t3a: { architecture: 'x86_64', memoryPerCpu: 4 },
  c6g: { architecture: 'arm64', memoryPerCpu: 2 },
  c7g: { architecture: 'arm64', memoryPerCpu: 2 },
  c8g: { architecture: 'arm64', memoryPerCpu: 2 },
  m7g: { architecture: 'arm64', memoryPerCpu: 4 },
  m8g: { architecture: 'arm64', memoryPerCpu: 4 },
  r7g: { architecture: 'arm64', memoryPerCpu: 8 },
  t4g: { architecture: 'arm64', memoryPerCpu: 4 },
  g4dn: { architecture: 'x86_64', memoryPerCpu: 4, gpu: 'sm_75', gpuMemory: 16 },
  g5: { architecture: 'x86_64', memoryPerCpu: 4, gpu: 'sm_86', gpuMemory: 24 },
  g6: { architecture: 'x86_64', memoryPerCpu: 4, gpu: 'sm_89', gpuMemory: 24 },
  g6e: { architecture: 'x86_64', memoryPerCpu: 8, gpu: 'sm_89', gpuMemory: 48 },
  g5g: { architecture: 'arm64', memoryPerCpu: 2, gpu: 'sm_75', gpuMemory: 16 },
  p4d: { architecture: 'x86_64', memoryPerCpu: 12, gpu: 'sm_80', gpuMemory: 40 },
  p5: { architecture: 'x86_64', memoryPerCpu: 10, gpu: 'sm_90', gpuMemory: 80 },
  p6: { architecture: 'x86_64', memoryPerCpu: 10, gpu: 'sm_100', gpuMemory: 180 },
};

export const imageArchitecture = 'x86_64';
export const supportedGpus: readonly string[] = ['sm_75', 'sm_86', 'sm_89', 'sm_120'];

/** `g6.xlarge` -> what is known of the family `g6`, or undefined for a family that is not listed. */
export function instanceFamily(instanceType: string): InstanceFamily | undefined {
  const family = instanceType.split('.')[0] ?? '';
  return Object.hasOwn(families, family) ? families[family] : undefined;
}

/**
 * vCPUs of an instance type (Amazon EC2 Instance Types, "Specifications"): `xlarge` has 4, `16xlarge` 16 times as many.
 * Undefined for bare metal.
 */
export function instanceCpus(instanceType: string): number | undefined {
  const size = instanceType.split('.')[1] ?? '';
  const times = /^(\d*)xlarge$/.exec(size)?.[1];
  return times === undefined ? { medium: 1, large: 2 }[size] : 4 * Number(times || 1);
}

/** Memory of an instance type in GiB. Undefined for a family that is not listed, and for bare metal. */
export function instanceMemoryGiB(instanceType: string): number | undefined {
  const { memoryPerCpu } = instanceFamily(instanceType) ?? {};
  const cpus = instanceCpus(instanceType);
  return memoryPerCpu === undefined || cpus === undefined ? undefined : memoryPerCpu * cpus;
}

/**
 * The largest segments that a GPU proves, as a power of two: `gpu_memory_to_segment_size` of the upstream command
 * `boundless prover generate-config` (`crates/boundless-cli/src/commands/prover/generate_config.rs`).
 */
export function largestSegmentPo2(gpuMemoryGiB: number): number {
  if (gpuMemoryGiB <= 8) return 18;
  if (gpuMemoryGiB <= 16) return 19;
  return gpuMemoryGiB <= 20 ? 20 : 21;
}

const familiesWith = (usable: (family: InstanceFamily) => boolean) =>
  Object.entries(families)
    .filter(([, family]) => usable(family))
    .map(([name]) => name)
    .join(', ');

/** Explains why an instance type can't run an image of the role; undefined when it can. */
export function instanceTypeProblem(instanceType: string, needs: { gpu: boolean }): string | undefined {
  const family = instanceFamily(instanceType);
  const usable = (candidate: InstanceFamily) =>
    candidate.architecture === imageArchitecture &&
    (needs.gpu ? candidate.gpu !== undefined && supportedGpus.includes(candidate.gpu) : candidate.gpu === undefined);
  const fix = `choose one of the families ${familiesWith(usable)}`;
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(instanceType)) return `is not an instance type such as c7a.4xlarge; ${fix}`;
  if (family === undefined)
    return `is of a family that config/instance-types.ts does not know; add it there, or ${fix}`;
  const sizes = sizesOf(instanceType);
  if (sizes !== undefined && !sizes.includes(instanceType.split('.')[1] ?? ''))
    return `is not a size of its family; choose one of ${sizes.join(', ')}, or add it to config/instance-offers.ts`;
  if (family.architecture !== imageArchitecture)
    return `has the architecture ${family.architecture}, and the images are ${imageArchitecture}; ${fix}`;
  if (needs.gpu && family.gpu === undefined) return `has no GPU, and this role needs one; ${fix}`;
  if (!needs.gpu && family.gpu !== undefined) return `has a GPU, and this role needs none; ${fix}`;
  if (needs.gpu && !usable(family))
    return `has a GPU of architecture ${family.gpu ?? ''}, and Bento ships code for ${supportedGpus.join(', ')}; ${fix}`;
  return undefined;
}
