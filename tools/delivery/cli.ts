import { factory, validated } from '../../config';
import { explain } from '../explain';
import { parse, usage, type Action } from './arguments';
import { run } from './commands';
import { DeliveryRefused } from './problem';

async function main(args: readonly string[]): Promise<number> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  let action: Action;
  try {
    action = parse(args, process.env);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (action.command === 'help') {
    console.log(usage);
    return 0;
  }
  try {
    await run(action, validated(factory));
    return 0;
  } catch (error) {
    // What is refused is explained by its message alone.
    console.error(error instanceof DeliveryRefused ? error.message : explain(error));
    return 1;
  }
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
