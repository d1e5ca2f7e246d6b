import { z } from 'zod';
import { environmentPattern, smokeProofs } from '../contract';
import { alarms } from './alarms';
import { bento, market, secrets, storage } from './cluster';
import { manager, prover } from './groups';
import { network } from './network';
import { account, list } from './values';

/** Who images may come from: an account, or one of EC2's names for groups of them. */
const imageProvider = z
  .string()
  .regex(
    /^(\d{12}|amazon|aws-marketplace|aws-backup-vault)$/,
    'is not a provider of images; use an account id, amazon, aws-marketplace or aws-backup-vault',
  );

/** The roles of this factory start so: none of them may be an administrator. */
const ownRoles = ['boundless-', 'prover-cluster-', 'packer-'];
const matchesStart = (pattern: string, start: string): boolean => {
  const literal = pattern.split('*')[0] ?? '';
  return literal.startsWith(start) || start.startsWith(literal);
};

const administratorRole = z
  .string()
  .regex(
    /^[\w+=,.@/*-]+$/,
    'is not the name of a role; use the name with its path, such as aws-reserved/sso.amazonaws.com/*AWSReservedSSO_AdministratorAccess_*',
  )
  .refine(
    (pattern) => !ownRoles.some((start) => matchesStart(pattern, start)),
    `matches roles of the factory, which must not read secrets; start it with something else than ${ownRoles.join(', ')} or *`,
  );

/** One environment of provers, in a service account of its own. */
export const environmentSchema = z
  .strictObject({
    /** The name that stacks, roles and tags carry. */
    environment: z
      .string()
      .regex(environmentPattern, 'is not a usable name; use 2 to 20 lower-case letters, digits and hyphens')
      .refine(
        (name) => !/-(-|$)/.test(name),
        'has a hyphen at its end or two in a row, which some names in AWS may not have; choose a name such as canary or canary-1',
      )
      .refine((name) => name !== 'ops', 'is the name of the ops account; choose another')
      .refine(
        (name) => !['latest', 'validated', 'pinned'].includes(name),
        'is the name of a pointer to an image; choose another',
      ),
    ...account,
    /**
     * Whether this environment may run an image that nothing validated yet: true lets a deploy fall back to the `latest`
     * pointer, false demands image ids by name (docs/promotion.md#what-is-validated).
     */
    followsLatest: z.boolean(),
    /**
     * Whether a person approves each deployment of the pipeline. Without, a commit on the branch that pipelines deploy reaches this
     * environment, its wallet included, by itself (docs/security.md). One that does not follow the latest images needs it: a person
     * approves its plan.
     */
    approval: z.boolean(),
    /** Set by `npm run sharing -- allow-images`: Terraform's resource for it is newer than the providers in use. */
    allowedImages: z
      .strictObject({
        /**
         * `audit-mode` marks instances and images that would not be allowed, `enabled` hides such images and refuses to
         * start them, `disabled` does neither. Look at the marks before you enable it.
         */
        state: z.enum(['audit-mode', 'enabled', 'disabled'], 'is not a state; use audit-mode, enabled or disabled'),
        /** Who images may come from, beside the ops account and this one. */
        providers: z.array(imageProvider).readonly(),
      })
      .readonly(),
    /**
     * Roles of this account whose holders read and set every secret; every other role is denied, administrators too. Names
     * with their path, `*` for any characters: a permission set of IAM Identity Center has a path and a suffix of its own.
     * Who deploys the account's stack must be among them.
     */
    administratorRoles: list(administratorRole, 'role'),
    /**
     * What `npm run delivery -- smoke` proves after a rollout, before the images are validated: docs/promotion.md. null
     * for a cluster that makes no proofs; its images are then validated without one.
     */
    smoke: z.enum(smokeProofs, `is not a proof; use ${smokeProofs.join(' or ')}, or null for none`).nullable(),
    network,
    manager,
    prover,
    bento,
    broker: market,
    secrets,
    storage,
    alarms,
  })
  .readonly();

export type EnvironmentConfig = z.infer<typeof environmentSchema>;
