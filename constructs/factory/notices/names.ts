/** Rules whose events become notices. */
export const noticeRules = {
  builds: 'boundless-notices-builds',
  sharing: 'boundless-notices-sharing',
  retirement: 'boundless-notices-retirement',
  pipelines: 'boundless-notices-pipelines',
  deployments: 'boundless-notices-deployments',
  approvals: 'boundless-notices-approvals',
  /** Looks every few minutes for approvals that wait. */
  watch: 'boundless-notices-watch',
} as const;

/** Events that wait for a function. */
export const eventQueue = (functionName: string): string => `${functionName}-events`;

/** The channel in Amazon Q Developer in chat applications. */
export const slackChannelConfiguration = 'boundless-ami-factory';
