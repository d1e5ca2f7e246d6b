/** The notice of one outcome. */
export interface Notice {
  /** `good`: nothing to do. `bad`: an operator has to look. `ask`: an operator has to decide. */
  readonly severity: 'good' | 'bad' | 'ask';
  /** One line that sums it up. */
  readonly title: string;
  /** Name and value of what is known, the most important first; what is not known is left out. */
  readonly facts: readonly Fact[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
  /** What to do about it; nothing for good news. */
  readonly nextSteps: readonly string[];
  /** Of one build or pipeline execution: a chat may show their messages together. */
  readonly threadId: string;
}

/** A notice, and what is measured once it is out: a repetition after a failure must not count anything twice. */
export interface Notification {
  readonly notice: Notice;
  readonly measure?: () => void;
}

/** Facts that differ between notices of the same thing. */
export const timings: ReadonlySet<string> = new Set(['Duration', 'Since the build ended', 'Waited']);

/** Thread of outcomes of sharing that name neither build nor image. */
export const noThread = 'sharing';

export type Fact = readonly [name: string, value: string];

/** A fact, or nothing where the value is not known. */
export const fact = (name: string, value: string | undefined): readonly Fact[] =>
  value === undefined || value === '' ? [] : [[name, value]];

/**
 * A link, or nothing where the address is none of a web page: addresses come from what others configured. Addresses are
 * ASCII (RFC 3986); `"`, `<`, `>` and `|` would end them in a chat.
 */
export function link(text: string, url: string | undefined): Notice['links'] {
  if (url === undefined || !/^https:\/\/[!#-;=?-{}~]{1,2000}$/.test(url)) return [];
  return [{ text, url }];
}

/** `2 h 5 min`, `12 min 3 s`, `40 s`. */
export function duration(from: Date | undefined, to: Date | undefined): string | undefined {
  if (from === undefined || to === undefined || to < from) return undefined;
  const seconds = Math.round((to.getTime() - from.getTime()) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** The start of a commit's hash; nothing for what is none. */
export const commitOf = (revision: string | undefined): string | undefined =>
  revision !== undefined && /^[0-9a-f]{40,64}$/.test(revision) ? revision.slice(0, 12) : undefined;

const consoleOf = (region: string): string => `https://${region}.console.aws.amazon.com`;

/** The console's page of an execution. */
export const executionUrl = (region: string, pipeline: string, id: string): string =>
  `${consoleOf(region)}/codesuite/codepipeline/pipelines/${encodeURIComponent(pipeline)}/executions/${id}/timeline?region=${region}`;

/** The console's page of a pipeline, where approvals are given. */
export const pipelineUrl = (region: string, pipeline: string): string =>
  `${consoleOf(region)}/codesuite/codepipeline/pipelines/${encodeURIComponent(pipeline)}/view?region=${region}`;

/** The console's page of a log group; it wants the name encoded twice, with `$` for `%`. */
export const logGroupUrl = (region: string, group: string): string =>
  `${consoleOf(region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${encodeURIComponent(encodeURIComponent(group)).replaceAll('%', '$')}`;
