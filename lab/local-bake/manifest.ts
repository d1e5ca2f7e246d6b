import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const manifestSchema = z.object({
  builds: z.array(
    z.object({
      name: z.string(),
      builder_type: z.string(),
      build_time: z.number(),
      artifact_id: z.string(),
      packer_run_uuid: z.string(),
      custom_data: z.record(z.string(), z.string()),
    }),
  ),
  last_run_uuid: z.string(),
});

/** What Packer's post-processor `manifest` writes. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads a manifest of one build, and the id of the image that it names. */
export async function readManifest(file: string): Promise<{ readonly manifest: Manifest; readonly imageId: string }> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const ids = manifest.builds
    .filter(({ packer_run_uuid: run }) => run === manifest.last_run_uuid)
    .map(({ artifact_id: artifact }) => /^[a-z0-9-]+:(ami-[0-9a-f]{17})$/.exec(artifact)?.[1]);
  const [imageId] = ids;
  if (ids.length !== 1 || imageId === undefined) throw new Error(`${file} does not name one image of one region`);
  return { manifest, imageId };
}
