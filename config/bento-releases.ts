import { brokerReleases, supportedBento } from './contract';

const numbers = (version: string): number[] => version.replace(/^v/, '').split('.').map(Number);

/** Whether a version comes before another one. */
function isBefore(version: string, other: string): boolean {
  const others = numbers(other);
  const differing = numbers(version)
    .map((number, index) => number - (others[index] ?? 0))
    .find((difference) => difference !== 0);
  return differing !== undefined && differing < 0;
}

/** Whether the images are made for a release such as v1.2.2. */
export const isSupportedBento = (version: string): boolean =>
  !isBefore(version, supportedBento.from) && isBefore(version, supportedBento.before);

/** Bento's releases that images are made for, from first to last (docs/facts/bento.md#releases): 1.0.1 has no broker of its own. */
export const bentoReleases = ['1.0.1', ...brokerReleases]
  .map((release) => `v${release}`)
  .sort((one, other) => (isBefore(one, other) ? -1 : 1));

const newest = bentoReleases.at(-1) ?? supportedBento.from;

/** Whether a release lies before the newest that is known, and is none: a newer one may be out by now. */
export const neverReleased = (version: string): boolean =>
  isBefore(version, newest) && !bentoReleases.includes(version);

/** Whether a release is newer than all that are known. */
export const isNewBento = (version: string): boolean => isBefore(newest, version);
