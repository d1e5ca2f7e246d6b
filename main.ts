import { App } from 'cdktf';
import { explain } from './cli/common/explain';
import { factory, filesOf, problemTable, unlistedEnvironments, validated, warningsOf } from './config';
import { addStacks } from './stacks';
import { buildLambdaArchive } from './lambda/archive/archive';

function synthesize(): void {
  // An app makes its folder at once: a wrong configuration leaves nothing behind.
  const valid = validated(factory, unlistedEnvironments(filesOf(factory)));
  const app = new App();
  addStacks(app, { factory: valid, archiveOf: buildLambdaArchive });
  app.synth();
  const warnings = warningsOf(factory);
  if (warnings.length > 0) console.error(`What may be wrong:\n\n${problemTable(warnings)}`);
}

try {
  synthesize();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
