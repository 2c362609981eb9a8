/** Applies directory changes to their tables and reads the directory from them. */
import type { Insertable, Selectable } from "kysely";
import {
  INSTITUTION_ROLES,
  INSTITUTION_STATES,
  KEY_PURPOSES,
  type Compromise,
  type Correction,
  type Institution,
  type InstitutionKey,
  type KeyWindow,
  type Operator,
  type OperatorKey,
  type PendingKey,
  type RegistryState,
  type Scene,
} from "../../core/directory.ts";
import { fromHex, toHex } from "../../core/bytes.ts";
import type { Address, TreeSize } from "../../core/units.ts";
import type { DirectoryChange } from "../../indexer/ports.ts";
import type { Database } from "../sql/database.ts";
import { nameColumns, namesOf } from "./names.ts";
import type { Schema } from "../sql/schema.ts";
import type { Transaction } from "../sql/transaction.ts";

/** Tables of the directory's present state. */
export const DIRECTORY_TABLES = [
  "institution",
  "registry_key",
  "key_proposal",
  "operator",
  "operator_key",
  "scene",
  "governance_role",
  "registry_state",
] as const;

/** Stores changes and applies them. */
export async function appendChanges(tx: Transaction, changes: readonly DirectoryChange[]): Promise<void> {
  for (const change of changes) {
    await tx
      .insertInto("directory_change")
      .values({ entry: change.index, body: encodeChange(change) })
      .execute();
    await apply(tx, change);
  }
}

/** Removes every change from entry `size` on and rebuilds the directory from the others. */
export async function rewindDirectory(tx: Transaction, size: TreeSize): Promise<void> {
  const gone = await tx.deleteFrom("directory_change").where("entry", ">=", size).executeTakeFirst();
  if (gone.numDeletedRows === 0n) return;
  for (const table of DIRECTORY_TABLES) await tx.deleteFrom(table).execute();
  const kept = await tx.selectFrom("directory_change").select("body").orderBy("entry").execute();
  await applyChanges(
    tx,
    kept.map(({ body }) => decodeChange(body)),
  );
}

/** Applies changes, oldest first, without storing them. */
export async function applyChanges(tx: Transaction, changes: readonly DirectoryChange[]): Promise<void> {
  for (const change of changes) await apply(tx, change);
}

export function encodeChange(change: DirectoryChange): string {
  return JSON.stringify(change, (_, value: unknown) =>
    value instanceof Uint8Array ? { hex: toHex(value) } : value,
  );
}

/** @throws SyntaxError */
export function decodeChange(body: string): DirectoryChange {
  const isHex = (value: unknown): value is { hex: string } =>
    typeof value === "object" && value !== null && "hex" in value;
  return JSON.parse(body, (_, value: unknown) =>
    isHex(value) ? fromHex(value.hex) : value,
  ) as DirectoryChange;
}

async function apply(tx: Transaction, change: DirectoryChange): Promise<void> {
  const { institution: id, index, recordedAt } = change;
  const ofInstitution = () => tx.updateTable("institution").where("id", "=", id);
  switch (change.type) {
    case "institution-registered":
      await register(tx, change);
      return;
    case "institution-state-set":
      await ofInstitution()
        .set({ state: change.state, state_since: recordedAt, state_entry: index, ...NO_NEXT_ADMIN })
        .execute();
      return;
    case "admin-named": {
      const { admin, from, byGovernance } = change;
      await ofInstitution()
        .set({ next_admin: admin, next_admin_from: from, next_by_governance: byGovernance ? 1 : 0 })
        .execute();
      return;
    }
    case "admin-naming-cancelled":
      await ofInstitution().set(NO_NEXT_ADMIN).execute();
      return;
    case "admin-replaced": {
      const { admin, byGovernance } = change;
      await ofInstitution()
        .set({ admin, ...NO_NEXT_ADMIN })
        .execute();
      if (byGovernance)
        await ofInstitution()
          .set({ placed_admin: admin, placed_since: recordedAt, placed_entry: index })
          .where("placed_admin", "is", null)
          .execute();
      return;
    }
    case "key-proposed": {
      const { key, from, until, recordedBy: admin } = change;
      const proposal = { admin, proposed_at: recordedAt, valid_from: from, valid_until: until };
      await tx
        .insertInto("key_proposal")
        .values({ institution: id, address: key, ...proposal })
        .onConflict((conflict) => conflict.columns(["institution", "address"]).doUpdateSet(proposal))
        .execute();
      return;
    }
    case "key-added":
      await tx
        .deleteFrom("key_proposal")
        .where("institution", "=", id)
        .where("address", "=", change.key)
        .execute();
      await tx
        .insertInto("registry_key")
        .values({ address: change.key, institution: id, ...windowColumns(change) })
        .execute();
      return;
    case "key-retired":
    case "key-compromised":
    case "key-report-corrected":
      await tx
        .updateTable("registry_key")
        .set(windowChange(change))
        .where("address", "=", change.key)
        .execute();
      return;
    case "operator-registered":
      await tx
        .insertInto("operator")
        .values({ id: change.operator, name: change.name, institution: id === 0 ? null : id })
        .execute();
      return;
    case "operator-key-added": {
      const { keyId, operator, purpose, signatureType, publicKey, possession } = change;
      const key = { id: keyId, operator, purpose, signature_type: signatureType, possession };
      await tx
        .insertInto("operator_key")
        .values({ ...key, public_key: publicKey, entry: index, ...windowColumns(change) })
        .execute();
      return;
    }
    case "operator-key-retired":
    case "operator-key-compromised":
    case "operator-key-report-corrected":
      await tx.updateTable("operator_key").set(windowChange(change)).where("id", "=", change.keyId).execute();
      return;
    case "scene-defined": {
      const { scene, slug, names, blinded, personal } = change;
      const flags = { blinded: blinded ? 1 : 0, personal: personal ? 1 : 0 };
      await tx
        .insertInto("scene")
        .values({ id: scene, slug, ...nameColumns(names), ...flags })
        .execute();
      return;
    }
    case "role-set": {
      const { role, account, granted } = change;
      if (granted)
        await tx.insertInto("governance_role").values({ role, account, since: recordedAt }).execute();
      else
        await tx
          .deleteFrom("governance_role")
          .where("role", "=", role)
          .where("account", "=", account)
          .execute();
      return;
    }
    case "pause-set":
      await setRegistry(tx, { paused: change.paused ? 1 : 0 });
      return;
    case "successor-named":
      await setRegistry(tx, { successor: change.registry });
  }
}

async function register(
  tx: Transaction,
  change: Extract<DirectoryChange, { type: "institution-registered" }>,
): Promise<void> {
  const { institution: id, admin, index, recordedAt, names } = change;
  const profile = {
    roles: change.roles.join(" "),
    scenes: change.scenes.join(" "),
    jurisdiction: change.jurisdiction,
    official_number: change.officialNumber,
    ...nameColumns(names),
  };
  await tx
    .insertInto("institution")
    .values({ id, admin, ...profile, state: "active", state_since: recordedAt, state_entry: index })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(profile))
    .execute();
}

async function setRegistry(
  tx: Transaction,
  change: Partial<Insertable<Schema["registry_state"]>>,
): Promise<void> {
  await tx
    .insertInto("registry_state")
    .values({ id: 1, paused: 0, ...change })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(change))
    .execute();
}

function windowColumns({ recordedAt, from, until }: { recordedAt: number; from: number; until: number }) {
  return { added_at: recordedAt, valid_from: from, valid_until: until };
}

const NO_NEXT_ADMIN = { next_admin: null, next_admin_from: null, next_by_governance: null };
const NO_CORRECTION = { corrected_since: null, correction_entry: null, corrected_at: null };

type WindowChange = Extract<
  DirectoryChange,
  { type: `${"" | "operator-"}key-${"retired" | "compromised" | "report-corrected"}` }
>;

/** A corrected report keeps the entry that reports it; one that is taken back leaves none. */
function windowChange(change: WindowChange) {
  if ("until" in change) return { valid_until: change.until };
  const { type, since, index, recordedAt } = change;
  if (type === "key-compromised" || type === "operator-key-compromised")
    return { compromised_since: since, compromise_entry: index, ...NO_CORRECTION };
  const report =
    since === 0 ? { compromised_since: null, compromise_entry: null } : { compromised_since: since };
  return { ...report, corrected_since: since, correction_entry: index, corrected_at: recordedAt };
}

/** In order of their ids. */
export async function readInstitutions(db: Database): Promise<Institution[]> {
  return (await db.selectFrom("institution").selectAll().orderBy("id").execute()).map(institutionOf);
}

/** In order of institution and time. */
export async function readInstitutionKeys(db: Database): Promise<InstitutionKey[]> {
  const rows = await db
    .selectFrom("registry_key")
    .selectAll()
    .orderBy("institution")
    .orderBy("added_at")
    .orderBy("address")
    .execute();
  return rows.map((row) => ({
    address: row.address as Address,
    institution: row.institution,
    ...windowOf(row),
  }));
}

/** What the present admins propose, in order of institution and address. */
export async function readPendingKeys(db: Database): Promise<PendingKey[]> {
  const rows = await db
    .selectFrom("key_proposal")
    .innerJoin("institution", (join) =>
      join
        .onRef("institution.id", "=", "key_proposal.institution")
        .onRef("institution.admin", "=", "key_proposal.admin"),
    )
    .selectAll("key_proposal")
    .orderBy("key_proposal.institution")
    .orderBy("key_proposal.address")
    .execute();
  return rows.map((row) => ({
    address: row.address as Address,
    institution: row.institution,
    from: row.valid_from,
    until: row.valid_until,
    proposedAt: row.proposed_at,
  }));
}

/** In order of their ids, each with its keys. */
export async function readOperators(db: Database): Promise<Operator[]> {
  const operators = await db.selectFrom("operator").selectAll().orderBy("id").execute();
  const keys = await db.selectFrom("operator_key").selectAll().orderBy("added_at").orderBy("id").execute();
  return operators.map(({ id, name, institution }) => ({
    id,
    name,
    institution: institution ?? undefined,
    keys: keys.filter(({ operator }) => operator === id).map(operatorKeyOf),
  }));
}

export async function readRegistryState(db: Database): Promise<RegistryState> {
  const row = await db.selectFrom("registry_state").selectAll().executeTakeFirst();
  return {
    paused: row?.paused === 1,
    successor: (row?.successor ?? undefined) as Address | undefined,
  };
}

/** In order of their ids. */
export async function readScenes(db: Database): Promise<Scene[]> {
  return (await db.selectFrom("scene").selectAll().orderBy("id").execute()).map(sceneOf);
}

function institutionOf(row: Selectable<Schema["institution"]>): Institution {
  const roles = row.roles.split(" ");
  return {
    id: row.id,
    names: namesOf(row),
    roles: slugsOf(INSTITUTION_ROLES).filter((role) => roles.includes(role)),
    scenes: row.scenes === "" ? [] : row.scenes.split(" ").map(Number),
    jurisdiction: row.jurisdiction,
    officialNumber: row.official_number,
    admin: row.admin as Address,
    nextAdmin:
      row.next_admin === null
        ? undefined
        : {
            admin: row.next_admin as Address,
            from: row.next_admin_from ?? 0,
            byGovernance: row.next_by_governance === 1,
          },
    placedAdmin:
      row.placed_admin === null || row.placed_since === null || row.placed_entry === null
        ? undefined
        : { admin: row.placed_admin as Address, since: row.placed_since, entry: row.placed_entry },
    state: oneOf(INSTITUTION_STATES, row.state),
    stateSince: row.state_since,
    stateEntry: row.state_entry,
  };
}

function operatorKeyOf(row: Selectable<Schema["operator_key"]>): OperatorKey {
  return {
    id: row.id,
    operator: row.operator,
    purpose: oneOf(KEY_PURPOSES, row.purpose),
    signatureType: row.signature_type,
    publicKey: row.public_key,
    possession: row.possession,
    entry: row.entry,
    ...windowOf(row),
  };
}

function windowOf(row: Omit<Selectable<Schema["registry_key"]>, "address" | "institution">): KeyWindow {
  return {
    addedAt: row.added_at,
    from: row.valid_from,
    until: row.valid_until,
    compromise: compromiseOf(row),
    correction: correctionOf(row),
  };
}

/** The compromise that was reported for a key; undefined without a report. */
export function compromiseOf(row: {
  compromised_since: number | null;
  compromise_entry: number | null;
}): Compromise | undefined {
  const { compromised_since: since, compromise_entry: entry } = row;
  return since === null || entry === null ? undefined : { since, entry };
}

/** The correction that stands on a key's last report. */
export function correctionOf(row: {
  corrected_since: number | null;
  correction_entry: number | null;
  corrected_at: number | null;
}): Correction | undefined {
  const { corrected_since: since, correction_entry: entry, corrected_at: at } = row;
  return since === null || entry === null || at === null ? undefined : { since, entry, at };
}

function sceneOf(row: Selectable<Schema["scene"]>): Scene {
  return {
    id: row.id,
    slug: row.slug,
    names: namesOf(row),
    blinded: row.blinded === 1,
    personal: row.personal === 1,
  };
}

function slugsOf<Slug extends string>(table: Readonly<Record<Slug, number>>): Slug[] {
  return Object.keys(table) as Slug[];
}

function oneOf<Slug extends string>(table: Readonly<Record<Slug, number>>, text: string): Slug {
  const slug = slugsOf(table).find((known) => known === text);
  if (slug === undefined) throw new RangeError(`the database holds the unknown value ${text}`);
  return slug;
}
