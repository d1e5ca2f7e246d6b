import { z } from 'zod';
import { count, instanceType, lasting, list } from './values';

/** How a new template reaches instances that run (Amazon EC2 Auto Scaling User Guide, "Instance refresh"). */
const refresh = {
  /** Minutes after each checkpoint, and at the end: time for a bad image to show, which rolls the refresh back. */
  bakeMinutes: count(1, 2880, 'minutes'),
};

/** The one instance with the data volume. */
export const manager = z
  .strictObject({
    instanceType,
    /** Root volume, in GiB: at least that of the image, 30, and 10 for logs and cores. */
    rootVolumeGiB: count(40, 16384, 'GiB'),
    /** 1, or 0 for a cluster that rests, or whose secrets are still to be filled. */
    desired: count(0, 1, 'instances'),
    refresh: z.strictObject(refresh).readonly(),
    dataVolume: z
      .strictObject({
        /** It can grow, and never shrink. */
        sizeGiB: count(20, 16384, 'GiB'),
        /** Daily snapshots that are kept. */
        snapshots: count(1, 1000, 'snapshots'),
        /**
         * Snapshots that the volume was restored from, the newest last: one more gives the manager a new volume with that
         * content. The volumes before stay, and are nobody's (docs/runbook.md, "Snapshot and restore
         * the data volume").
         */
        restoredFrom: z
          .array(
            z.string().regex(/^snap-[0-9a-f]{8,17}$/, 'is not a snapshot; give an id such as snap-0123456789abcdef0'),
          )
          .readonly(),
      })
      .readonly(),
  })
  .readonly();

/** The instances with GPUs. */
export const prover = z
  .strictObject({
    /** The first is what the launch template names; the others are fallbacks for scarce capacity, in this order. */
    instanceTypes: list(instanceType, 'instance type'),
    /** Root volume, in GiB: at least that of the image, 60. */
    rootVolumeGiB: count(60, 16384, 'GiB'),
    /** Instances in the group: at least, at first, at most. With `scaling`, `desired` counts for the first deployment only. */
    min: count(0, 1000, 'instances'),
    desired: count(0, 1000, 'instances'),
    max: count(0, 1000, 'instances'),
    /** MiB per second at which a new volume is filled from its snapshot; null leaves it to first reads. */
    volumeInitializationRate: count(100, 300, 'MiB per second').nullable(),
    /** So many instances are on demand, and of those above that many so many percent; the others are spot. */
    onDemand: z
      .strictObject({ base: count(0, 1000, 'instances'), percentAboveBase: count(0, 100, 'percent') })
      .readonly(),
    refresh: z
      .strictObject({
        ...refresh,
        /** Percent of the wanted instances that stay in service meanwhile, at least and at most; above 100 takes spare capacity. */
        minHealthyPercentage: count(0, 100, 'percent'),
        maxHealthyPercentage: count(100, 200, 'percent'),
        /** Percent of instances that run the new template after which it pauses; rising, and 100 at last. */
        checkpoints: list(count(1, 100, 'percent'), 'checkpoint'),
      })
      .readonly(),
    /** Follows the task queue; null keeps `desired`. */
    scaling: z
      .strictObject({
        /** Tasks, waiting or worked on, for each instance that is wanted. */
        tasksPerProver: count(1, 1000, 'tasks'),
        /** For as long there must have been an instance too many before one ends; and one ends in that time. */
        idleMinutes: lasting(5),
      })
      .readonly()
      .nullable(),
  })
  .readonly();
