import { devNull } from 'node:os';

const loopback = '127.0.0.1,localhost';

/**
 * Takes everything out of an environment by which a program could reach the caller's own AWS: profiles, credentials, regions, endpoints
 * of single services (`AWS_ENDPOINT_URL_S3`), and files of settings. Proxies are not used for loopback. Programs that are
 * started afterwards inherit it; what they need of the local AWS they are given by name.
 *
 * @param environment is changed
 */
export function withoutAws(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment))
    // The SDK's own switches of warnings are no settings of an account.
    if (/^AWS_(?!SDK_JS_)/i.test(name)) Reflect.deleteProperty(environment, name);
  environment['AWS_CONFIG_FILE'] = devNull;
  environment['AWS_SHARED_CREDENTIALS_FILE'] = devNull;
  environment['AWS_EC2_METADATA_DISABLED'] = 'true';
  for (const name of ['NO_PROXY', 'no_proxy'])
    environment[name] = [environment[name], loopback].filter((value) => value !== undefined && value !== '').join(',');
}
