import { stacks } from '../../config/names';
import type { Account } from '../base/account';

/** Condition: the resource has the tag of the cluster's stack. */
export const own = ({ environment }: Account) => ({
  StringEquals: { 'aws:ResourceTag/Stack': stacks.cluster(environment) },
});

/** Condition: the request gives the resource the tag of the cluster's stack. */
export const taggedAsOwn = ({ environment }: Account) => ({
  StringEquals: { 'aws:RequestTag/Stack': stacks.cluster(environment) },
});
