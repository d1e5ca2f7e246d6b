import { formOfSecret, type ClusterSecret } from '../../config/contract';

/** Why a value is not right, and never the value itself; undefined where it is right. Space around it is nothing. */
export function problemWith(name: ClusterSecret, value: string): string | undefined {
  const { is, words } = formOfSecret(name);
  return is(value.trim()) ? undefined : `is not ${words}`;
}
