// node cli/run.mjs __tests__/scripts/root/hold-chroot.ts <folder> <seconds>: runs `sleep` in a chroot, prints that it has
// begun, and waits.
import { existsSync } from 'node:fs';
import { chroot } from './chroot';

const [folder = '', seconds = ''] = process.argv.slice(2);
void chroot(folder).then(async (root) => {
  const sleeping = root.run(['bash', '-c', 'touch /begun && sleep "$0"', seconds]);
  while (!existsSync(root.path('/begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log('begun');
  await sleeping;
});
