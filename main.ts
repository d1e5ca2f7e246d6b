import { App } from 'cdktf';
import { factory, validated } from './config';
import { actAsRole, addStacks } from './stacks';
import { buildLambdaArchive } from './tools/lambda/archive';

const app = new App();
addStacks(app, {
  factory: validated(factory),
  archiveOf: buildLambdaArchive,
  actAs: actAsRole(process.env['BOUNDLESS_ACT_AS']),
});
app.synth();
