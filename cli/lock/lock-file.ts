/** What a lock file has about one download. */
export interface Entry {
  readonly name: string;
  readonly version: string;
  /** A SHA-256; `-`: nobody publishes one; `?`: to be filled in; `signed`: apt verifies it. */
  readonly sha256: string;
  /** Address, `in:<name>` for a file of an archive, or `repository:<name>`. */
  readonly address: string;
}

export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

function parseLine(line: string): Entry | undefined {
  if (/^\s*(#|$)/.test(line)) return undefined;
  const [name, version, sha256, address, ...rest] = line.trim().split(/\s+/);
  if (name === undefined || version === undefined || sha256 === undefined || address === undefined || rest.length > 0)
    throw new Error(`This is no line of a lock file (name, version, SHA-256, address): ${line}`);
  if (!isSha256(sha256) && !['-', '?', 'signed'].includes(sha256))
    throw new Error(`${name} has '${sha256}' in the place of its SHA-256; use ? to have it filled in`);
  return { name, version, sha256, address };
}

/** @throws Error for a line of another form */
export function parseLock(text: string): Entry[] {
  const entries = text.split('\n').flatMap((line) => parseLine(line) ?? []);
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} is there twice`);
  return entries;
}

/** The text with other hashes, and all else as it was. */
export function withHashes(text: string, hashes: ReadonlyMap<string, string>): string {
  return text
    .split('\n')
    .map((line) => {
      const entry = parseLine(line);
      const hash = entry && hashes.get(entry.name);
      return entry === undefined || hash === undefined ? line : line.replace(` ${entry.sha256} `, ` ${hash} `);
    })
    .join('\n');
}
