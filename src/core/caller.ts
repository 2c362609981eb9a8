/** Defines API keys, their holders and roles. */
import type { InstitutionId, UnixSeconds } from "./units.ts";

export const ROLES = ["issuer", "verifier", "auditor", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** The holder of an API key. */
export interface Caller {
  /** Of the key; not secret. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The institution it acts for; issuers have one. */
  readonly institution: InstitutionId | undefined;
}

/** The record of an API key, without the key itself. */
export interface ApiKey extends Caller {
  readonly createdAt: UnixSeconds;
  /** The id of the key that made it; undefined = the service. */
  readonly createdBy: string | undefined;
  /** Not in force from then on; undefined = no end. */
  readonly expiresAt: UnixSeconds | undefined;
  readonly revokedAt: UnixSeconds | undefined;
  /** The id of the key that revoked it; undefined = the service, or not revoked. */
  readonly revokedBy: string | undefined;
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

export function isInForce({ expiresAt, revokedAt }: ApiKey, now: UnixSeconds): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}
