import { installed as onThisInstance } from '../../lab/check/packages';
import { installedPython } from '../../lab/local-aws/python';

/** Name of the server that stands for AWS, in a list of tools. */
export const localAws = 'local AWS (pip install moto[server])';

/** Whether a tool is on this instance, or the local AWS can be started. */
export const installed = (tool: string): boolean =>
  tool === localAws ? installedPython() !== undefined : onThisInstance(tool);

/**
 * A `describe` that needs tools. Where one is missing, its tests are skipped by name; under `CI=true` that is a
 * failure, since there everything must run.
 */
export function describeWith(tools: readonly string[], name: string, tests: () => void): void {
  const missing = tools.filter((tool) => !installed(tool));
  if (missing.length === 0) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    test(`${name} needs ${missing.join(', ')}`, () => {
      throw new Error(`not installed: ${missing.join(', ')}`);
    });
  } else {
    skipped(name, `not installed: ${missing.join(', ')}`, tests);
  }
}

/** A `describe` that is skipped, with the reason in its name: the summary prints it. */
export const skipped = (name: string, reason: string, tests: () => void): void => {
  describe.skip(`${name} [${reason}]`, tests);
};
