import { beforeEach, describe, expect, it } from "vitest";
import { cosign, formatCheckpoint, keyNames } from "../../../src/log/checkpoint.ts";
import { SIGNATURE_TYPES, signNote, type Note } from "../../../src/log/note.ts";
import { formatPolicy } from "../../../src/log/policy.ts";
import { LogTrust, MemoryTrust, fingerprintOf, keptAs } from "../../../src/sdk/verify/trust.ts";
import type { Operator } from "../../../src/core/directory.ts";
import { heldKey, heldOperators } from "../../support/log/held.ts";
import { TIME, TestLog } from "../../support/log/receipts.ts";
import { ServedTestLog } from "../../support/log/served.ts";
import { signerOf } from "../../support/log/signers.ts";

const NAME = "https://verify.example";
let log: TestLog;
let served: ServedTestLog;
let store: MemoryTrust;
beforeEach(() => {
  log = new TestLog();
  log.fill(300);
  served = new ServedTestLog(log);
  served.operators = heldOperators(log.operators, log.origin);
  served.sign();
  store = new MemoryTrust();
});

const open = (options: Partial<Parameters<typeof LogTrust.open>[0]> = {}): Promise<LogTrust> =>
  LogTrust.open({ name: NAME, log: served, store, policy: undefined, now: () => TIME + 60, ...options });

/** New keys of the first operator, which sign from now on. */
function rotated(): { operator: Operator; sign: () => Note } {
  const { origin } = log;
  const signers = {
    log: signerOf(keyNames.log(origin), { seed: "new log" }),
    witness: signerOf(keyNames.witness(origin, 1), {
      seed: "new witness",
      type: SIGNATURE_TYPES.cosignature,
    }),
    status: signerOf(keyNames.status(origin, 1), { seed: "new status" }),
  };
  const [first] = served.operators;
  if (first === undefined) throw new RangeError("no operator");
  const keys = (["log", "witness", "status"] as const).map((purpose) =>
    heldKey(signers[purpose], origin, { operator: 1, purpose, addedAt: TIME }),
  );
  return {
    operator: { ...first, keys: [...first.keys, ...keys] },
    sign: () => {
      const text = formatCheckpoint({ origin, size: log.size, root: log.root });
      return { text, signatures: [signNote(text, signers.log), cosign(text, signers.witness, TIME + 30)] };
    },
  };
}

/** Enters the new keys in the log. */
function entered(operator: Operator): void {
  const keys = operator.keys.map((key) => (key.addedAt === TIME ? served.addKey(key) : key));
  served.operators = [{ ...operator, keys }, ...served.operators.slice(1)];
}

describe("first contact", () => {
  it("pins the keys of the operator that signs, says so once, and is known afterwards", async () => {
    const first = await open();
    expect(first.kind).toBe("pin");
    const { policy } = first;
    expect(first.firstContact).toEqual({ origin: log.origin, fingerprint: fingerprintOf(policy) });
    expect(policy.logs.map(({ key }) => key)).toEqual([log.operators[0].log.key]);
    expect(policy.witnesses.map(({ key }) => key)).toEqual([log.operators[0].witness.key]);
    expect(first.statusKeys.map(({ key }) => key)).toEqual([log.operators[0].status.key]);
    const asked = served.asked.length;
    const again = await open();
    expect(again.firstContact).toBeUndefined();
    expect(served.asked.slice(asked)).toEqual([]);
    expect(formatPolicy(again.policy)).toBe(formatPolicy({ ...policy }));
  });

  it("a checkpoint that no operator of the directory signed is not pinned", async () => {
    served.operators = served.operators.slice(1);
    await expect(open()).rejects.toMatchObject({ code: "ANSWER_UNPROVEN" });
    expect(await store.read(NAME)).toBeUndefined();
  });

  it("a checkpoint without the operator's own cosignature is not pinned, as it has no time", async () => {
    served.sign(log.checkpoint());
    await expect(open()).rejects.toMatchObject({ code: "NOT_ENOUGH_WITNESSES" });
    expect(await store.read(NAME)).toBeUndefined();
  });

  it("a policy that is kept for the log takes the place of a pin, before and after it", async () => {
    const policy = { ...log.policy(), directory: { size: log.size, root: log.root } };
    served.sign(log.checkpoint(...log.operators));
    const pinned = await open();
    await store.write(log.origin, keptAs("policy", policy, undefined));
    const after = await open();
    expect([pinned.kind, after.kind]).toEqual(["pin", "policy"]);
    const before = await open({ name: "https://other.example" });
    expect([before.kind, before.firstContact]).toEqual(["policy", undefined]);
  });
});

describe("a checkpoint", () => {
  it("is believed if it extends what was believed, and also if it is older", async () => {
    const trust = await open();
    const old = served.sign();
    log.fill(500);
    expect((await trust.believe(served.sign())).size).toBe(800);
    expect((await trust.believe(old)).size).toBe(300);
    const again = await open();
    log.fill(1);
    expect((await again.believe(served.sign())).size).toBe(801);
  });

  it.each([
    ["at the same size", 300],
    ["of a larger size", 700],
    ["of a smaller size", 120],
  ])("another history %s is LOG_CHANGED, though the pinned keys signed it", async (_, size) => {
    const trust = await open();
    const other = new TestLog();
    other.fill(40);
    other.registration();
    other.fill(size - 41);
    const lie = new ServedTestLog(other);
    const lying = await open({ log: lie });
    const note = lie.sign();
    other.fill(Math.max(0, 300 - size));
    await expect(lying.believe(note)).rejects.toMatchObject({ code: "LOG_CHANGED" });
    expect((await trust.believe(served.sign())).size).toBe(300);
  });

  it("another origin is LOG_CHANGED", async () => {
    await open();
    const other = new TestLog({ chainId: 5 });
    other.fill(300);
    const lie = new ServedTestLog(other);
    lie.operators = heldOperators(other.operators, other.origin);
    const note = lie.sign();
    await expect((await open({ log: lie })).believe(note)).rejects.toMatchObject({ code: "LOG_CHANGED" });
  });

  it("one without the operator's own cosignature is not believed", async () => {
    const trust = await open();
    await expect(trust.believe(log.checkpoint())).rejects.toMatchObject({ code: "NOT_ENOUGH_WITNESSES" });
  });
});

describe("new keys of the pinned operator", () => {
  it("are taken once a checkpoint by the old ones proves their entries", async () => {
    const trust = await open();
    const { operator, sign } = rotated();
    entered(operator);
    served.sign();
    log.fill(10);
    const note = served.sign(sign());
    expect((await trust.believe(note)).size).toBe(log.size);
    expect(trust.statusKeys).toHaveLength(2);
    expect((await open()).policy.logs).toHaveLength(2);
  });

  it("are none of a policy, which names its keys itself", async () => {
    const { policy } = await open();
    const trust = await open({ policy });
    const { operator, sign } = rotated();
    entered(operator);
    served.sign();
    log.fill(10);
    await expect(trust.believe(served.sign(sign()))).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  });

  it("are LOG_CHANGED where only the new keys sign the tree that has them", async () => {
    const trust = await open();
    const { operator, sign } = rotated();
    entered(operator);
    const note = served.sign(sign());
    await expect(trust.believe(note)).rejects.toMatchObject({ code: "LOG_CHANGED" });
    expect((await open()).policy.logs).toHaveLength(1);
  });

  it("are LOG_CHANGED where no entry of the log adds them", async () => {
    const trust = await open();
    const { operator, sign } = rotated();
    const keys = operator.keys.map((key) => (key.addedAt === TIME ? { ...key, entry: 299 } : key));
    served.operators = [{ ...operator, keys }];
    log.fill(1);
    served.sign();
    const note = served.sign(sign());
    await expect(trust.believe(note)).rejects.toMatchObject({ code: "LOG_CHANGED" });
  });

  it("are not taken where their entries are served, and are not those of the tree", async () => {
    const trust = await open();
    const { operator, sign } = rotated();
    const first = log.size;
    log.fill(3);
    served.sign();
    const added = operator.keys.filter(({ addedAt }) => addedAt === TIME);
    const forged = added.map((key, i) => served.forgeKey(key, first + i));
    const kept = operator.keys.filter((key) => !added.includes(key));
    served.operators = [{ ...operator, keys: [...kept, ...forged] }, ...served.operators.slice(1)];
    log.fill(1);
    const note = served.sign(sign());
    await expect(trust.believe(note)).rejects.toMatchObject({ code: "PROOF_INVALID" });
    expect((await open()).policy.logs).toHaveLength(1);
  });

  it("of another directory altogether are LOG_CHANGED", async () => {
    const trust = await open();
    const { operator, sign } = rotated();
    served.operators = [{ ...operator, keys: operator.keys.filter(({ addedAt }) => addedAt === TIME) }];
    await expect(trust.believe(sign())).rejects.toMatchObject({ code: "LOG_CHANGED" });
  });

  it("an end that was set since holds for the kept keys", async () => {
    const trust = await open();
    const { operator, sign } = rotated();
    const ended = operator.keys.map((key) =>
      key.addedAt !== TIME && key.purpose === "log" ? { ...key, until: TIME + 10 } : key,
    );
    entered({ ...operator, keys: ended });
    served.sign();
    log.fill(1);
    await trust.believe(served.sign(sign()));
    const [old] = trust.policy.logs;
    expect(old?.until).toBe(TIME + 10);
    const late = log.cosigned({ origin: log.origin, size: log.size, root: log.root }, [
      { by: log.operators[0], at: TIME + 20 },
    ]);
    await expect(trust.believe(late)).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  });
});
