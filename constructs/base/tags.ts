import { instanceTags } from '../../config/contract';
import { project } from '../../config/names';

/** Tags of everything that Terraform makes. Given to the provider, and to what default tags do not reach. */
export const standardTags = (environment: string, stack: string): Record<string, string> => ({
  Project: project,
  ManagedBy: 'terraform',
  [instanceTags.environment]: environment,
  Stack: stack,
});
