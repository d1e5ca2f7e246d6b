/** What a build left: a resource of the ops account that has the tags of a build, and is of no use any more. */
export interface Leftover {
  readonly what: 'instance' | 'key pair' | 'security group' | 'volume' | 'snapshot' | 'launch template';
  /** What its removal names it by. */
  readonly id: string;
  /** The build that made it, as its tag has it. */
  readonly buildId: string;
  /** Since when it is there, in ms. */
  readonly since: number;
  /** Of a volume or a snapshot. */
  readonly gib?: number;
}
