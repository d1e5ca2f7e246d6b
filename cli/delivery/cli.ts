import { factory, validated } from '../../config';
import { command } from '../common/command';
import { parse, usage } from './arguments';
import { run } from './commands';

export const deliveryCommand = command({
  summary: 'plan and deploy a cluster, and roll it out',
  usage,
  parse: (args) => parse(args, process.env),
  run: async (action) => {
    await run(action, validated(factory));
    return 0;
  },
});
