import { z } from 'zod';
import { count, lasting } from './values';

/** When the alarms of a cluster fire; docs/cluster-alarms.md has what each means. */
export const alarms = z
  .strictObject({
    /** For as long no manager is in service, and none drains. PostgreSQL may recover for half an hour before one is. */
    noManagerMinutes: lasting(10),
    /** For as long the manager has not measured its queue. */
    managerSilentMinutes: lasting(10),
    /** For as long fewer provers are in service than that part of those that are wanted. */
    proversShort: z.strictObject({ minutes: lasting(15), belowPercent: count(1, 100, 'percent') }).readonly(),
    /** Boots of provers that failed within a quarter of an hour. */
    proverBootFailures: count(1, 100, 'boots'),
    /** For as long tasks wait and no GPU does anything. */
    gpusIdleMinutes: lasting(10),
    /** For as long the oldest task has waited. */
    queueAgeMinutes: count(5, 1440, 'minutes'),
    /** How full a disk is. */
    diskPercent: count(50, 95, 'percent'),
    /** How little memory is left on an instance. */
    memoryMiB: count(64, 65_536, 'MiB'),
  })
  .readonly();
