import type { LifecycleRule } from '@aws-sdk/client-s3';
import { absent } from './setting';

/** Old versions go, the newest of a state never does; what deletions and broken uploads leave behind goes as well. */
export const stateRule = (days: number): LifecycleRule => ({
  ID: 'boundless-terraform-state',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  NoncurrentVersionExpiration: { NoncurrentDays: days },
  Expiration: { ExpiredObjectDeleteMarker: true },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
});

/** A rule part by part, as text. An empty filter and an empty prefix are the same: every object. */
function partsOf(rule: LifecycleRule): ReadonlyMap<string, string> {
  const { Filter, ...parts } = rule;
  return new Map(
    Object.entries({ ...parts, Filter: { Prefix: '', ...Filter } })
      .filter(([, value]) => value !== undefined)
      .map(([part, value]) => [part, JSON.stringify(value)]),
  );
}

/** What of a rule is not as it is wanted, for people to read; undefined where all is. */
export function differences(found: LifecycleRule | undefined, wanted: LifecycleRule): string | undefined {
  if (found === undefined) return absent;
  const [is, shall] = [partsOf(found), partsOf(wanted)];
  const differing = [...new Set([...shall.keys(), ...is.keys()])].filter((part) => is.get(part) !== shall.get(part));
  return differing.length === 0 ? undefined : differing.map((part) => `${part} ${is.get(part) ?? absent}`).join(', ');
}
