import { day, MemoryCloud, now } from './memory/cloud';

/** The image that is one too many, and the next to be disabled. */
export const old = 'ami-0000000000000000a';

/** A factory whose newest five images stay, and that has an older one, deprecated for long enough. */
export function cloudWithOld(): MemoryCloud {
  const cloud = new MemoryCloud();
  for (let index = 1; index <= 5; index += 1) cloud.image(`ami-000000000000000b${index}`, 40 + index);
  cloud.image(old, 300, { DeprecationTime: ago(60) });
  return cloud;
}

export const ago = (days: number): string => new Date(now - days * day).toISOString();

/** An image that has been disabled for long enough: the next to be deregistered. */
export const disabledLong = { State: 'disabled' as const, DeprecationTime: ago(90) };
export const disabledTag = { RetirementDisabledAt: ago(40) };

export const retire = { command: 'retire' };
