import { resourcesOf, resourceWith, type Arguments, type SynthesizedStack } from './synthesized';

/** An action as it stands in a synthesized pipeline. */
export interface PipelineAction {
  readonly name: string;
  readonly category: string;
  readonly provider: string;
  readonly configuration: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly input_artifacts?: readonly string[];
  readonly output_artifacts?: readonly string[];
  readonly timeout_in_minutes?: number;
}

export interface Pipeline {
  readonly name: string;
  readonly pipeline_type: string;
  readonly execution_mode: string;
  readonly role_arn: string;
  readonly artifact_store: readonly { readonly location: string; readonly encryption_key: { readonly id: string } }[];
  readonly stage: readonly { readonly name: string; readonly action: readonly PipelineAction[] }[];
  readonly variable?: readonly { readonly name: string; readonly default_value: string }[];
  readonly trigger?: readonly {
    readonly provider_type: string;
    readonly git_configuration: {
      readonly source_action_name: string;
      readonly push: readonly {
        readonly branches: { readonly includes: readonly string[] };
        readonly file_paths: { readonly includes: readonly string[] };
      }[];
    };
  }[];
}

export const pipelinesOf = (stack: SynthesizedStack): Pipeline[] =>
  resourcesOf(stack, 'aws_codepipeline') as unknown as Pipeline[];

export const pipelineNamed = (stack: SynthesizedStack, name: string): Pipeline =>
  resourceWith(stack, 'aws_codepipeline', 'name', name) as unknown as Pipeline;

const reference = /\$\{(\w+)\.([\w-]+)\.(\w+)\}/;

/** The resource that `${type.id.attribute}` names. It fails when there is none. */
export function referenced(stack: SynthesizedStack, value: unknown): { type: string; args: Arguments } {
  const [, type = '', id = ''] = reference.exec(String(value)) ?? [];
  const args = stack.resource[type]?.[id];
  if (args === undefined) throw new Error(`${String(value)} names no resource of ${stack.name}`);
  return { type, args };
}

/** A value with each reference as `<name of the resource>.<attribute>`, so that no hash of an address is in it. */
export const readable = (stack: SynthesizedStack, value: string): string =>
  value.replace(new RegExp(reference, 'g'), (whole: string) => {
    const { args } = referenced(stack, whole);
    const attribute = reference.exec(whole)?.[3];
    return `${String(args['name'] ?? args['bucket'] ?? args['description'])}.${attribute}`;
  });

/** The project that an action starts. */
export const projectOf = (stack: SynthesizedStack, action: PipelineAction): Arguments =>
  referenced(stack, action.configuration['ProjectName']).args;

/** Variables that an action gives to its build. */
export const variablesOf = (action: PipelineAction): Record<string, string> =>
  Object.fromEntries(
    (JSON.parse(action.configuration['EnvironmentVariables'] ?? '[]') as { name: string; value: string }[]).map(
      ({ name, value }) => [name, value],
    ),
  );

/** CodePipeline's globs, as far as they are used: `*` stays within a folder, `**` does not. */
export const matches = (glob: string, file: string): boolean =>
  new RegExp(
    `^${glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*|\*/g, (stars) => (stars === '**' ? '.*' : '[^/]*'))}$`,
  ).test(file);
