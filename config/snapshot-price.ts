/**
 * What a GiB of a snapshot costs a month, in USD: the standard tier in us-west-2 (Amazon EBS pricing, 2026-12). The report of
 * a retirement has what it freed by this price; an invoice has what it was.
 */
export const snapshotUsdPerGiBMonth = 0.05;
