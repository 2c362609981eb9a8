/** Adds the routes by which operators manage API keys, and that of the caller's own key. */
import { isInForce, isRole, ROLES, type ApiKey, type Role } from "../../core/caller.ts";
import { AppError, quote } from "../../core/errors.ts";
import { parseText } from "../../core/text.ts";
import { formatTime, parseEndOfDayOrTime } from "../../core/time.ts";
import type { InstitutionId, UnixSeconds } from "../../core/units.ts";
import {
  apiKeyMade,
  apiKeyParams,
  apiKeyRequest,
  apiKeysResponse,
  apiKeyView,
  type ApiKeyRequest,
  type ApiKeyView,
} from "../../wire/api-keys.ts";
import { meResponse } from "../../wire/me.ts";
import type { Services } from "../services.ts";
import type { RouteContext } from "./common.ts";

const MAX_NAME = 64;
const KEY_ID = /^[0-9a-f]{12}$/;

export function apiKeyRoutes({ app, services, guard }: RouteContext): void {
  const { keys, clock } = services;
  app.get(
    "/v1/me",
    {
      ...guard.needs("entry:read"),
      schema: { summary: "Who the API key is", response: { 200: meResponse } },
    },
    (request) => {
      const { name, role, institution } = guard.caller(request);
      return { name, role, institution: institution ?? null };
    },
  );

  app.post(
    "/v1/api-keys",
    {
      ...guard.needs("apikey:write"),
      schema: { summary: "Make an API key", body: apiKeyRequest, response: { 201: apiKeyMade } },
    },
    async (request, reply) => {
      const by = guard.caller(request).id;
      const { key, known } = await keys.add({ ...(await parseRequest(request.body, services)), by });
      request.log.info({ key: known.id, role: known.role, by }, "api key made");
      return await reply.code(201).send({ ...presentKey(known, clock.now()), key });
    },
  );

  app.get(
    "/v1/api-keys",
    {
      ...guard.needs("apikey:write"),
      schema: { summary: "Every API key there is or was", response: { 200: apiKeysResponse } },
    },
    async () => ({ keys: (await keys.list()).map((key) => presentKey(key, clock.now())) }),
  );

  app.delete(
    "/v1/api-keys/:id",
    {
      ...guard.needs("apikey:write"),
      schema: { summary: "End an API key at once", params: apiKeyParams, response: { 200: apiKeyView } },
    },
    async (request) => {
      const by = guard.caller(request).id;
      const known = await keys.revoke(parseKeyId(request.params.id), by);
      request.log.info({ key: known.id, role: known.role, by }, "api key revoked");
      return presentKey(known, clock.now());
    },
  );
}

/** @throws AppError NAME_FORMAT, ROLE_CODE, TYPE, INSTITUTION_UNKNOWN, DATE_*, KEY_WINDOW */
async function parseRequest(
  { name, role, institution, expires }: ApiKeyRequest,
  services: Services,
): Promise<{
  name: string;
  role: Role;
  institution: InstitutionId | undefined;
  expiresAt: UnixSeconds | undefined;
}> {
  parseText(name, { at: "/name", max: MAX_NAME });
  if (!isRole(role)) {
    const detail = `expected one of ${ROLES.join(", ")}; got ${quote(role)}`;
    throw new AppError("ROLE_CODE", { detail, at: "/role" });
  }
  if (role === "issuer" && institution === undefined) {
    const detail = "an issuer's key acts for an institution: expected its id at /institution";
    throw new AppError("TYPE", { detail, at: "/institution" });
  }
  if (institution !== undefined) await requireInstitution(institution, services);
  const expiresAt = expires === undefined ? undefined : parseEndOfDayOrTime(expires, "/expires");
  if (expiresAt !== undefined && expiresAt <= services.clock.now())
    throw new AppError("KEY_WINDOW", { detail: `${formatTime(expiresAt)} is past`, at: "/expires" });
  return { name, role, institution, expiresAt };
}

async function requireInstitution(institution: InstitutionId, { entries }: Services): Promise<void> {
  const { institutions } = await entries.directory();
  if (institutions.some(({ id }) => id === institution)) return;
  const detail = `the directory has no institution ${institution}`;
  throw new AppError("INSTITUTION_UNKNOWN", { detail, at: "/institution" });
}

function parseKeyId(text: string): string {
  if (KEY_ID.test(text)) return text;
  throw new AppError("ID_FORMAT", {
    detail: `expected the id of an API key, 12 hex digits, got ${quote(text)}`,
  });
}

function presentKey(key: ApiKey, now: UnixSeconds): ApiKeyView {
  const { id, name, role, institution, createdAt, createdBy, expiresAt, revokedAt, revokedBy } = key;
  return {
    id,
    name,
    role,
    ...(institution === undefined ? {} : { institution }),
    state: isInForce(key, now) ? "in-force" : revokedAt === undefined ? "expired" : "revoked",
    createdAt: formatTime(createdAt),
    ...(createdBy === undefined ? {} : { createdBy }),
    expiresAt: expiresAt === undefined ? null : formatTime(expiresAt),
    ...(revokedAt === undefined ? {} : { revokedAt: formatTime(revokedAt) }),
    ...(revokedBy === undefined ? {} : { revokedBy }),
  };
}
