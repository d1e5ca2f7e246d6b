/** What a family of EC2 instance types brings, as far as the images care. */
export interface InstanceFamily {
  readonly architecture: 'x86_64' | 'arm64';
  /** CUDA compute capability of the family's GPU, for example `sm_89`; absent where there is no GPU. */
  readonly gpu?: string;
}

/**
 * The families that a configuration may name. The images are x86_64 (bento.md 1.1: artifacts are amd64 only), and Bento
 * ships GPU code for sm_75, sm_86, sm_89 and sm_120 only (bento.md 3): the other GPU families stand here so that the
 * error can say why they are refused.
 */
const families: Readonly<Record<string, InstanceFamily>> = {
  c6a: { architecture: 'x86_64' },
  c6i: { architecture: 'x86_64' },
  c7a: { architecture: 'x86_64' },
  c7i: { architecture: 'x86_64' },
  c8a: { architecture: 'x86_64' },
  c8i: { architecture: 'x86_64' },
  m6a: { architecture: 'x86_64' },
  m6i: { architecture: 'x86_64' },
  m7a: { architecture: 'x86_64' },
  m7i: { architecture: 'x86_64' },
  m8a: { architecture: 'x86_64' },
  m8i: { architecture: 'x86_64' },
  r6a: { architecture: 'x86_64' },
  r6i: { architecture: 'x86_64' },
  r7a: { architecture: 'x86_64' },
  r7i: { architecture: 'x86_64' },
  t3: { architecture: 'x86_64' },
  t3a: { architecture: 'x86_64' },
  c6g: { architecture: 'arm64' },
  c7g: { architecture: 'arm64' },
  c8g: { architecture: 'arm64' },
  m7g: { architecture: 'arm64' },
  m8g: { architecture: 'arm64' },
  r7g: { architecture: 'arm64' },
  t4g: { architecture: 'arm64' },
  g4dn: { architecture: 'x86_64', gpu: 'sm_75' },
  g5: { architecture: 'x86_64', gpu: 'sm_86' },
  g6: { architecture: 'x86_64', gpu: 'sm_89' },
  g6e: { architecture: 'x86_64', gpu: 'sm_89' },
  g5g: { architecture: 'arm64', gpu: 'sm_75' },
  p4d: { architecture: 'x86_64', gpu: 'sm_80' },
  p5: { architecture: 'x86_64', gpu: 'sm_90' },
  p6: { architecture: 'x86_64', gpu: 'sm_100' },
};

export const imageArchitecture = 'x86_64';
export const supportedGpus: readonly string[] = ['sm_75', 'sm_86', 'sm_89', 'sm_120'];

/** `g6.xlarge` -> the facts about `g6`, or undefined for a family that is not listed. */
export function instanceFamily(instanceType: string): InstanceFamily | undefined {
  const family = instanceType.split('.')[0] ?? '';
  return Object.hasOwn(families, family) ? families[family] : undefined;
}

const familiesWith = (usable: (family: InstanceFamily) => boolean) =>
  Object.entries(families)
    .filter(([, family]) => usable(family))
    .map(([name]) => name)
    .join(', ');

/** Says why an instance type can't run an image of the role; undefined when it can. */
export function instanceTypeProblem(instanceType: string, needs: { gpu: boolean }): string | undefined {
  const family = instanceFamily(instanceType);
  const usable = (candidate: InstanceFamily) =>
    candidate.architecture === imageArchitecture &&
    (needs.gpu ? candidate.gpu !== undefined && supportedGpus.includes(candidate.gpu) : candidate.gpu === undefined);
  const fix = `choose one of the families ${familiesWith(usable)}`;
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(instanceType)) return `is not an instance type such as c7a.4xlarge; ${fix}`;
  if (family === undefined)
    return `is of a family that config/instance-types.ts does not know; add it there, or ${fix}`;
  if (family.architecture !== imageArchitecture)
    return `has the architecture ${family.architecture}, and the images are ${imageArchitecture}; ${fix}`;
  if (needs.gpu && family.gpu === undefined) return `has no GPU, and this node needs one; ${fix}`;
  if (!needs.gpu && family.gpu !== undefined) return `has a GPU, and this node needs none; ${fix}`;
  if (needs.gpu && !usable(family))
    return `has a GPU of architecture ${family.gpu ?? ''}, and Bento ships code for ${supportedGpus.join(', ')}; ${fix}`;
  return undefined;
}
