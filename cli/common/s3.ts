/**
 * Whether S3 is addressed by path: where an endpoint is set by hand (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, or a
 * client's own), names of buckets do not resolve as hosts.
 */
export const pathStyle = (endpoint?: string): boolean =>
  (endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined;
