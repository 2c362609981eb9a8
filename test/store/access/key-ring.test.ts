import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openKeyRing, type SqlKeyRing } from "../../../src/store/access/key-ring.ts";
import type { Database } from "../../../src/store/sql/database.ts";
import { TestClock } from "../../support/clock.ts";
import { openTestDatabase } from "../../support/store/database.ts";

const clock = new TestClock();
const SECRET = new Uint8Array(32).fill(7);
const plain = { role: "verifier", institution: undefined, expiresAt: undefined, by: undefined } as const;
let db: Database;
let asked: number;
let ring: SqlKeyRing;

beforeEach(async () => {
  const memory = await openTestDatabase();
  asked = 0;
  db = memory.withPlugin({
    transformQuery: ({ node }) => (asked++, node),
    transformResult: ({ result }) => Promise.resolve(result),
  });
  ring = await openKeyRing(db, { secret: SECRET, clock });
});
afterEach(async () => await db.destroy());

describe("looking a key up", () => {
  it("a look-up costs one query for keys in force, unknown, expired and revoked ones", async () => {
    const live = await ring.add({ ...plain, name: "live" });
    const revoked = await ring.add({ ...plain, name: "revoked" });
    await ring.revoke(revoked.known.id, "000000000000");
    const expired = await ring.add({ ...plain, name: "expired", expiresAt: clock.now() });
    const found = [];
    for (const key of [live.key, revoked.key, expired.key, `${live.key.slice(0, -1)}_`]) {
      asked = 0;
      found.push([(await ring.find(key))?.name, asked]);
    }
    expect(found).toEqual([
      ["live", 1],
      [undefined, 1],
      [undefined, 1],
      [undefined, 1],
    ]);
  });

  it("a key is found only under the secret that it was hashed with, in other processes too", async () => {
    const { key } = await ring.add({ ...plain, name: "live" });
    const same = await openKeyRing(db, { secret: SECRET, clock });
    expect((await same.find(key))?.name).toBe("live");
    const other = openKeyRing(db, { secret: new Uint8Array(32).fill(8), clock });
    await expect(other).rejects.toThrowCode("API_KEY_SECRET");
  });

  it("a key that one process revokes is refused by another immediately", async () => {
    const { key, known } = await ring.add({ ...plain, name: "live" });
    const other = await openKeyRing(db, { secret: SECRET, clock });
    expect((await other.find(key))?.name).toBe("live");
    await ring.revoke(known.id, "000000000000");
    expect(await other.find(key)).toBeUndefined();
  });

  it("a hash of the table is not accepted as a key", async () => {
    const { key } = await ring.add({ ...plain, name: "live" });
    const { hash } = await db.selectFrom("api_key").select("hash").executeTakeFirstOrThrow();
    for (const text of ["hex", "base64url", "latin1"] as const)
      expect(await ring.find(Buffer.from(hash).toString(text))).toBeUndefined();
    const rows = JSON.stringify(await db.selectFrom("api_key").selectAll().execute());
    expect(rows).not.toContain(key.slice(18));
  });
});
