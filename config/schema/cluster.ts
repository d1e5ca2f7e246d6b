import { z } from 'zod';
import type { BrokerValues, Section } from '../broker/keys';
import { brokerReleases, isFrom, type BrokerRelease } from '../broker/releases';
import { accountPattern, settings } from '../contract';
import { logLevelProblem } from '../log-level';
import { count } from './values';

const versions = brokerReleases.map((release) => `v${release}` as const);
const release = z.enum(versions, `is not a release of the broker; use one of ${versions.join(', ')}`);
const plain = (version: `v${BrokerRelease}`): BrokerRelease => version.slice(1) as BrokerRelease;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A section of broker.toml. Its keys and values are checked against the releases: `config/broker`. */
const section = <S extends Section>() =>
  z.custom<BrokerValues[S]>(isObject, 'is no section; give an object with keys of broker.toml, {} for none');

/**
 * What the broker bids, and how. A value takes the place of the one in the template, `config/broker/broker.toml`;
 * null takes the template's out.
 */
export const market = z
  .strictObject({
    /**
     * Releases of Bento and its broker that images of this environment may carry, from first to last. The image is chosen
     * at plan time, so the values must be right for each release; a deployment refuses other images.
     */
    releases: z
      .strictObject({ from: release, to: release })
      .readonly()
      .refine(({ from, to }) => isFrom(plain(to), plain(from)), 'runs backwards; from must not come after to'),
    market: section<'market'>(),
    prover: section<'prover'>(),
    batcher: section<'batcher'>(),
  })
  .readonly();

const address = z.string().regex(accountPattern, 'is not an address; use 0x and 40 hexadecimal digits');

const { segmentPo2, snarkTimeoutSeconds, executors, chainId } = settings;
const { leastDigits, mostDigits } = settings.povwLogId;

/** What Bento's services are configured with. */
export const bento = z
  .strictObject({
    /** Size of segments, as a power of two. */
    segmentPo2: count(segmentPo2.least, segmentPo2.most, 'a power of two'),
    snarkTimeoutSeconds: count(snarkTimeoutSeconds.least, snarkTimeoutSeconds.most, 'seconds'),
    /** `RUST_LOG`, for example `info` or `info,broker=debug`. */
    logLevel: z.string().superRefine((value, context) => {
      const message = logLevelProblem(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
    /**
     * Executors of the manager, each of which runs one guest at a time, for a preflight or for a proof; null gives as many
     * as its vCPUs and memory are enough for, half of the vCPUs beyond four (docs/boot.md, "Executors").
     */
    executors: count(executors.least, executors.most, 'executors').nullable(),
    /** Reward address that turns PoVW on; null leaves it off. */
    povwLogId: z
      .string()
      .regex(
        new RegExp(`^0x[0-9a-fA-F]{${leastDigits},${mostDigits}}$`),
        `is not a log id; use 0x and ${leastDigits} to ${mostDigits} hexadecimal digits, or null`,
      )
      .refine((id) => !/^0x0+$/.test(id), "is nobody's log id; give the address that rewards go to, or null")
      .nullable(),
    /**
     * A chain that the broker does not know by itself; null on Base, Base Sepolia and Sepolia
     * (docs/facts/bento.md#market-deployment).
     */
    deployment: z
      .strictObject({
        /** null takes that of the RPC endpoint. */
        chainId: count(chainId.least, chainId.most, 'a chain id').nullable(),
        boundlessMarketAddress: address,
        setVerifierAddress: address,
        /** null leaves these to the broker. */
        verifierRouterAddress: address.nullable(),
        collateralTokenAddress: address.nullable(),
      })
      .readonly()
      .nullable(),
  })
  .readonly();

export const secrets = z
  .strictObject({
    /** Raise a number by one, and the next deployment makes up a new password: docs/secrets.md. */
    passwordVersions: z
      .strictObject({ database: count(1, 1_000_000, 'a version'), valkey: count(1, 1_000_000, 'a version') })
      .readonly(),
    /** For as long a deleted secret can be restored, and its name is taken. */
    recoveryDays: count(7, 30, 'days'),
  })
  .readonly();

export const storage = z
  .strictObject({
    /**
     * How often the key changes. One that was replaced works for as long again, and instances take the new one within a
     * day (docs/boot.md): a week leaves an operator the time to see that one of them can't.
     */
    keyRotationDays: count(7, 365, 'days'),
    /** After how many days S3 deletes inputs of orders. */
    inputDays: count(1, 365, 'days'),
    /** After how many days S3 deletes receipts, preflight journals and logs of guests; programs and work receipts stay. */
    workDays: count(1, 365, 'days'),
  })
  .readonly();
