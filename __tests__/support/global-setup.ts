import { functions } from '../../config/names';
import { buildLambdaArchive } from '../../tools/lambda/archive';

/** Builds the archives once: stacks read them, and the tests' own realm is not one that esbuild accepts. */
export default function setup(): void {
  for (const name of Object.values(functions)) buildLambdaArchive(name);
}
