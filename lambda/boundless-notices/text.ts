/** Line breaks of every kind (The Unicode Standard, "Newline Guidelines"). */
const lineBreaks = /\r\n?|[\n\u0085\u2028\u2029]/g;

/**
 * Control characters, and format characters: those reorder what is shown (bidirectional controls), or show nothing, and
 * so make one text look like another.
 */
const invisible = /[\p{Cc}\p{Cf}]+/gu;

/** At most this many UTF-16 units, which is what AWS counts; a character of two is never split. */
export const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 3).replace(/[\ud800-\udbff]$/, '')}...` : text;

/** One line, of visible characters alone. Half of a surrogate pair becomes U+FFFD: no UTF-8 has it. */
export const oneLine = (text: string, most: number): string =>
  cut(text.toWellFormed().replace(lineBreaks, ' ').replace(invisible, ' ').trim(), most);

/** The same for each of its lines; empty ones are left out. */
export const severalLines = (text: string, most: number): string =>
  cut(
    text
      .split(lineBreaks)
      .map((line) => oneLine(line, most))
      .filter((line) => line !== '')
      .join('\n'),
    most,
  );
