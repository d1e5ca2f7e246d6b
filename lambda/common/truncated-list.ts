/** As many as a reader takes in. */
const most = 5;

/** A list for an error's message: its start, and how many more there are. Events can hold thousands of anything. */
export function truncatedList(items: readonly string[]): string {
  const rest = items.length - most;
  return items.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
