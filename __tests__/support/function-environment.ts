/**
 * Gives each test an environment of its own, and keeps what the function logs from the test's output.
 *
 * @param environmentOf variables that are set before each test
 * @returns the lines that the function wrote in the test that runs
 */
export function functionEnvironment(environmentOf: () => Readonly<Record<string, string>>): {
  lines: string[];
} {
  const saved = { ...process.env };
  const output = { lines: [] as string[] };
  beforeEach(() => {
    process.env = { ...saved, ...environmentOf() };
    output.lines = [];
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((line) => {
        output.lines.push(String(line));
        return true;
      });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });
  return output;
}
