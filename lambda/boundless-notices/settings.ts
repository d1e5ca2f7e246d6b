// As a namespace: the bundler drops what is not used of it, 380 kB of locales among others.
import * as z from 'zod';
import { readSettings, type Environment } from '../common/settings';

/** What the function reads from its environment. The region comes from the runtime's AWS_REGION. */
export interface Settings {
  /** The account that the function runs in: 12 digits. */
  readonly opsAccountId: string;
  readonly region: string;
  /** Where notices go. */
  readonly statusTopicArn: string;
  /** The CodeBuild project that bakes images. */
  readonly buildProject: string;
  /** Pipelines whose approvals are watched; there may be none. */
  readonly approvalPipelines: readonly string[];
}

const schema = z.object({
  OPS_ACCOUNT_ID: z.string().regex(/^\d{12}$/),
  AWS_REGION: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  STATUS_TOPIC_ARN: z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/),
  BUILD_PROJECT: z.string().regex(/^[A-Za-z0-9][\w-]{1,254}$/),
  APPROVAL_PIPELINES: z
    .string()
    .transform((text) => (text === '' ? [] : text.split(',')))
    // AWS CodePipeline API Reference, "PipelineDeclaration": name.
    .refine((names) => names.every((name) => /^[\w.@-]{1,100}$/.test(name))),
});

const expected = {
  OPS_ACCOUNT_ID: 'the 12 digits of the ops account',
  AWS_REGION: 'a region, as the runtime does',
  STATUS_TOPIC_ARN: 'the ARN of an SNS topic',
  BUILD_PROJECT: 'the name of a CodeBuild project',
  APPROVAL_PIPELINES: 'names of pipelines, separated by commas; nothing for none',
};

/** @throws SettingsError that names every variable that is missing or malformed */
export function settingsFrom(environment: Environment): Settings {
  const data = readSettings(schema, expected, environment);
  return {
    opsAccountId: data.OPS_ACCOUNT_ID,
    region: data.AWS_REGION,
    statusTopicArn: data.STATUS_TOPIC_ARN,
    buildProject: data.BUILD_PROJECT,
    approvalPipelines: data.APPROVAL_PIPELINES,
  };
}
