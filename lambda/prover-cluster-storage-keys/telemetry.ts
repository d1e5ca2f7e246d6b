import { Logger } from '@aws-lambda-powertools/logger';
import { clusterFunctions } from '../../config/names';

/** Structured log of the function. Values and keys are never logged, and neither are errors as a whole. */
export const logger = new Logger({ serviceName: clusterFunctions.storageKeys });
