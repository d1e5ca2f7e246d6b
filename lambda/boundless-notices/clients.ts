import { CodeBuildClient, type CodeBuildClientConfig } from '@aws-sdk/client-codebuild';
import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { SNSClient } from '@aws-sdk/client-sns';
import { boundedClient, type ClientOverrides } from '../common/bounded-client';
import type { Settings } from './settings';

/** How the function reaches AWS, as its own role in the ops account. */
export interface Clients {
  readonly codebuild: CodeBuildClient;
  readonly codepipeline: CodePipelineClient;
  readonly sns: SNSClient;
}

/** @param config what differs from the function's environment and from the limits above */
export function awsClients(config: ClientOverrides<CodeBuildClientConfig> = {}): Clients {
  const common = { ...boundedClient, ...config };
  return {
    codebuild: new CodeBuildClient(common),
    codepipeline: new CodePipelineClient(common),
    sns: new SNSClient(common),
  };
}

/** What every part of one invocation works with. */
export interface Run {
  readonly clients: Clients;
  readonly settings: Settings;
  /** Reads a record once in an invocation, however many events are of it; `key` names the record. */
  readonly once: Once;
}

export type Once = <T>(key: string, read: () => Promise<T>) => Promise<T>;

/** @returns a memory for one invocation; a read that failed is not tried again in it */
export function remembering(): Once {
  const reads = new Map<string, Promise<unknown>>();
  return <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const known = reads.get(key) ?? read();
    reads.set(key, known);
    return known as Promise<T>;
  };
}
