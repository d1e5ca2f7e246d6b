/** `<owner>/<repository>` of a clone address, as connections name repositories; undefined if it names none. */
export const repositoryId = (url: string): string | undefined =>
  /^https:\/\/[^/]+\/([^/]+\/[^/]+?)(\.git)?\/?$/.exec(url)?.[1];
