/**
 * The results of work that goes on side by side, once all of it has ended. `Promise.all` fails with the first failure,
 * while the others still write into folders that the caller then removes.
 *
 * @throws the first failure in the order of the list, once nothing runs any more
 */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
