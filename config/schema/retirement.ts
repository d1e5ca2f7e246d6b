import { z } from 'zod';
import { count } from './values';

/** When old images go; docs/retirement.md has the phases, and everything that keeps an image whatever stands here. */
export const retirementSchema = z
  .strictObject({
    /** Runs of the schedule only report what they would do. */
    dryRun: z.boolean(),
    /** So many images of each kind and environment stay, the newest that can be launched. */
    keepNewest: count(1, 100, 'images'),
    /** Younger images stay. */
    minimumAgeDays: count(1, 3650, 'days'),
    /** Images that were launched since then, in any account, stay; EC2 shows a launch a day late. */
    lastLaunchedDays: count(2, 3650, 'days'),
    /** From the image that made it one too many to its deprecation. */
    supersededDays: count(1, 365, 'days'),
    /** From its deprecation until it is disabled: from then on nothing can be launched from it. */
    deprecatedDays: count(1, 365, 'days'),
    /** From then until it is deregistered, which cannot be undone. */
    disabledDays: count(1, 365, 'days'),
    /** Images whose phase changes in one run, at most; and what builds left that it removes. */
    changesPerRun: count(1, 500, 'images'),
    /** So many of the newest versions of each launch template count as in use: an operator may roll back to them. */
    templateVersions: count(1, 50, 'versions'),
    /** What dead builds left is removed after this time: later than the longest build ends, which is 8 hours. */
    leftoverHours: count(9, 720, 'hours'),
    /** Days for which deregistered images and deleted snapshots can be restored from the Recycle Bin; null for none. */
    recycleBinDays: count(1, 365, 'days').nullable(),
  })
  .readonly();
