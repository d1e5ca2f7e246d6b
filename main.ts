import { App } from 'cdktf';
import { factory, validated } from './config';
import { addStacks } from './stacks';
import { buildLambdaArchive } from './lambda/archive/archive';

const app = new App();
addStacks(app, {
  factory: validated(factory),
  archiveOf: buildLambdaArchive,
});
app.synth();
