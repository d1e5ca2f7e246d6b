import { Construct } from 'constructs';
import { imageKinds, pipelines, roles } from '../../../config/names';
import { imagePaths } from './image-paths';
import { Pipeline, type PipelineContext } from './pipeline';
import { buildStep, type BuildProject } from './steps';

export interface PackerPipelineProps extends PipelineContext {
  readonly project: BuildProject;
}

/** Bakes every image, side by side, when a push changes what goes into one. */
export class PackerPipeline extends Construct {
  constructor(scope: Construct, id: string, { project, ...context }: PackerPipelineProps) {
    super(scope, id);
    new Pipeline(this, 'Default', {
      ...context,
      name: pipelines.packer,
      roleName: roles.packerPipeline,
      description: `Runs ${pipelines.packer}`,
      // Bakes take long, and only the newest image is ever followed: what several pushes changed meanwhile is baked once,
      // and never beside another bake of the same inputs.
      executionMode: 'SUPERSEDED',
      // The hash of the inputs knows whether a file may be run, so that builds need the modes that git keeps.
      sourceFormat: 'clone',
      startedBy: imagePaths,
      stages: [
        {
          name: 'Build',
          steps: imageKinds.map((image) =>
            buildStep({ name: image, project, output: image, namespace: image, variables: { IMAGE: image } }),
          ),
        },
      ],
    });
  }
}
