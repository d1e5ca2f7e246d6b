// node cli/run.mjs __tests__/support/hold-local-aws.ts: starts the local AWS, prints its endpoint, and never ends.
import { startLocalAws } from '../../lab/local-aws';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
void startLocalAws('us-west-2').then(({ endpoint }) => {
  console.log(endpoint);
  setInterval(() => undefined, 60_000);
});
