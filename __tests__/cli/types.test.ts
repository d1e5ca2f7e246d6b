import { existsSync, readFileSync } from 'node:fs';

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Pipelines: __tests__/cli/delivery/buildspecs.test.ts. */
test('cdktf checks the types of what it deploys, after a synthesis, which does not', () => {
  const { scripts } = json('package.json') as { scripts: Record<string, string> };
  expect(json('cdktf.json')).toMatchObject({ app: `${scripts['synth']} && npm run --silent types` });
  expect(scripts['types']).toBe('tsc --noEmit --project tsconfig.deploy.json');
  expect(json('tsconfig.deploy.json')).toMatchObject({ files: ['main.ts'], include: [] });
  expect(scripts['synth']).toMatch(/ main\.ts$/);
  expect(existsSync('main.ts')).toBe(true);
});
