import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  paginateListServiceQuotas,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';

/** The value of a quota in this account and region; AWS's default where the account has never had another. */
export async function quotaValue(
  client: ServiceQuotasClient,
  ServiceCode: string,
  QuotaCode: string,
): Promise<number | undefined> {
  try {
    const { Quota } = await client.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }));
    return Quota?.Value;
  } catch (error) {
    if (!(error instanceof NoSuchResourceException)) throw error;
    const { Quota } = await client.send(new GetAWSDefaultServiceQuotaCommand({ ServiceCode, QuotaCode }));
    return Quota?.Value;
  }
}

/** A quota that is known by its name only: codes of some are not documented. */
export async function quotaNamed(
  client: ServiceQuotasClient,
  ServiceCode: string,
  name: RegExp,
): Promise<{ readonly name: string; readonly value: number } | undefined> {
  for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode }))
    for (const { QuotaName, Value } of Quotas)
      if (QuotaName !== undefined && Value !== undefined && name.test(QuotaName))
        return { name: QuotaName, value: Value };
  return undefined;
}

/** How an operator asks for more. */
export const raise = (service: string, name: string): string =>
  `ask for more in Service Quotas (${service}, "${name}"); AWS takes hours to days to answer`;
