/** Authorizes callers by API key and scope. */
import type { FastifyRequest } from "fastify";
import type { Caller, Role } from "../core/caller.ts";
import { AppError } from "../core/errors.ts";
import type { InstitutionId } from "../core/units.ts";

export type Scope =
  | "anchor:write"
  | "anchor:read"
  | "status:write"
  | "entry:read"
  | "reference:read"
  | "verify"
  | "apikey:write";

const SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  issuer: ["anchor:write", "anchor:read", "status:write", "entry:read", "verify"],
  verifier: ["entry:read", "verify"],
  auditor: ["entry:read", "reference:read", "verify"],
  operator: ["anchor:read", "entry:read", "reference:read", "verify", "apikey:write"],
};

/** Looks callers up by their API keys. */
export interface KeyRing {
  /** The key's caller; undefined where the key is unknown, expired or revoked. */
  find(key: string): Promise<Caller | undefined>;
}

const BEARER = /^Bearer ([\w.~+/-]{8,256}=*)$/i;

/** The API key that a request presents, valid or not. */
export function bearerOf({ headers }: FastifyRequest): string | undefined {
  return BEARER.exec(headers.authorization ?? "")?.[1];
}

/**
 * The caller, if its role allows `scope`.
 * @throws AppError AUTH_MISSING, AUTH_MALFORMED, AUTH_INVALID, SCOPE_REQUIRED
 */
export async function authorize(request: FastifyRequest, keys: KeyRing, scope: Scope): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw new AppError("AUTH_MISSING", { detail: `expected the header "Authorization: Bearer <API key>"` });
  }
  const key = BEARER.exec(authorization)?.[1];
  if (key === undefined) throw new AppError("AUTH_MALFORMED", { detail: `expected "Bearer <API key>"` });
  const caller = await keys.find(key);
  if (caller === undefined)
    throw new AppError("AUTH_INVALID", { detail: "the API key is unknown, expired or revoked" });
  if (!allows(caller, scope)) {
    throw new AppError("SCOPE_REQUIRED", {
      detail: `this needs ${scope}, and the role ${caller.role} does not have it`,
    });
  }
  return caller;
}

export function allows(caller: Caller, scope: Scope): boolean {
  return SCOPES[caller.role].includes(scope);
}

/** The institution that a caller acts for. @throws AppError SCOPE_REQUIRED */
export function institutionOf(caller: Caller): InstitutionId {
  if (caller.institution !== undefined) return caller.institution;
  throw new AppError("SCOPE_REQUIRED", { detail: "this key acts for no institution" });
}
