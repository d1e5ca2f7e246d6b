/**
 * Paths of which a change changes an image: those that `packer/build/inputs-hash.sh` hashes, as CodePipeline's globs,
 * where `*` stays within a folder and `**` does not. A trigger takes eight at most.
 */
export const imagePaths = [
  'packer/*.pkr.*',
  'packer/*.auto.pkrvars.*',
  'packer/*.lock',
  'packer/build/resolve-version.sh',
  'scripts/**',
  'service_files/**',
] as const;
