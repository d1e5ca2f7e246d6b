/** Hosts that CodeBuild clones from, with the type of its source (AWS CodeBuild API Reference, "ProjectSource"). */
const sourceTypes = {
  'github.com': 'GITHUB',
  'gitlab.com': 'GITLAB',
  'bitbucket.org': 'BITBUCKET',
} as const;

/** Names of the hosts, for messages. */
export const repositoryHosts = Object.keys(sourceTypes).join(', ');

/** The type of a CodeBuild source for a clone address; undefined for a host that CodeBuild does not know. */
export function sourceType(url: string): (typeof sourceTypes)[keyof typeof sourceTypes] | undefined {
  const host = /^https:\/\/([^/]+)\//.exec(url)?.[1]?.toLowerCase();
  return Object.entries(sourceTypes).find(([known]) => known === host)?.[1];
}

/** `<owner>/<repository>` of a clone address, as connections name repositories; undefined if it names none. */
export const repositoryId = (url: string): string | undefined =>
  /^https:\/\/[^/]+\/([^/]+\/[^/]+?)(\.git)?\/?$/.exec(url)?.[1];

/** Where the host shows a commit; an address for people. */
export const commitUrl = (url: string, commit: string): string => {
  const folder = sourceType(url) === 'BITBUCKET' ? 'commits' : 'commit';
  return `${url.replace(/(\.git)?\/?$/, '')}/${folder}/${commit}`;
};

/** What git refuses in the name of a branch (`git help check-ref-format`); `\s` has more than the space that it names. */
const refused = /[\s~^:?*[\\\x00-\x1f\x7f]|\.\.|@\{|\/\/|^[-/]|[/.]$|(^|\/)\.|\.lock(\/|$)|^@$/;

/** What is wrong with the name of a branch, and the fix; undefined where nothing is. */
export const branchProblem = (name: string): string | undefined =>
  refused.test(name)
    ? 'is not the name of a branch in git; give it as `git branch` prints it, such as main'
    : undefined;
