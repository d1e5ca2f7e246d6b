/**
 * The AWS provider of the stacks of a service account: up to 6.25 it read the value of every secret that it had written, in
 * plans too (terraform-provider-aws, pull request 44876); 6.50 mended how it waits for new ones. cdktf 0.21 asks for 6.25.
 */
export const serviceAccountProvider = '6.66.0';
