/** Tests the sender on the embedded chain: what was accepted is recorded once, whatever happens on the way. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Wallet } from "ethers";
import { Intake, type AnchorRequest, type IntakeResult } from "../../src/anchor/intake.ts";
import type { Submitter } from "../../src/anchor/ports.ts";
import type { Sender } from "../../src/anchor/sender.ts";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { deployRegistry } from "../../src/chain/registry/deploy.ts";
import type { Act } from "../../src/core/act.ts";
import type { Digest } from "../../src/core/digest.ts";
import { AppError } from "../../src/core/errors.ts";
import { Bench, govern as governAt } from "../support/stack/bench.ts";
import { SAMPLE_ENTRIES, grantRole, startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { TestClock } from "../support/clock.ts";
import { anchorCall, documentGroup, submit } from "../support/chain/submit.ts";

const OPEN = "enterprise-credit-report";
let clock: TestClock;
let chain: TestChain;
let bench: Bench;
let submitter: Submitter;

beforeEach(async () => {
  clock = new TestClock();
  chain = await startTestChain({ clock });
  bench = await Bench.open(chain, { clock, maxPendingAge: Infinity });
  ({ submitter } = bench);
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await chain.close();
});

const sender = (using: Submitter = submitter, grouping = { size: 2_000, age: 0 }): Sender =>
  bench.reopened({ submitter: using, grouping }).sender;

const digest = (name: string): Digest => ({
  algorithm: "sha256",
  bytes: Uint8Array.from(createHash("sha256").update(name).digest()),
});
const request = (name: string, rest: Partial<AnchorRequest> = {}): AnchorRequest => ({
  payload: { ...digest(name), blinded: false },
  scene: OPEN,
  validUntil: 0,
  reference: undefined,
  ...rest,
});

async function take(...documents: AnchorRequest[]): Promise<IntakeResult[]> {
  return await bench.intake.takeDocuments(1, documents);
}

/** Steps and follows the chain until nothing is left to do. */
async function settle(using: Sender): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await using.step();
    await bench.indexer.sync();
  }
}

const transactions = async (): Promise<number> => (await bench.transactions()).length;

describe("what was accepted", () => {
  it("an accepted document is pending until it is final, and the age counts from the oldest", async () => {
    expect(await bench.outbox.pending()).toEqual({ count: 0, oldestAcceptedAt: undefined });
    const first = clock.millis();
    await take(request("a"));
    clock.advance(5);
    await take(request("b"));
    expect(await bench.outbox.pending()).toEqual({ count: 2, oldestAcceptedAt: first });
    await sender().step();
    expect(await bench.outbox.pending()).toEqual({ count: 2, oldestAcceptedAt: first });
    await settle(sender());
    expect(await bench.outbox.pending()).toEqual({ count: 0, oldestAcceptedAt: undefined });
  });

  it("documents of mixed validity and algorithm are anchored in one transaction", async () => {
    const year = clock.now() + 365 * 86_400;
    const mixed = Array.from({ length: 60 }, (_, i) =>
      request(`mixed ${i}`, {
        validUntil: i % 3 === 0 ? 0 : year + (i % 4),
        payload: { ...digest(`mixed ${i}`), algorithm: i % 2 === 0 ? "sha256" : "sm3", blinded: false },
      }),
    );
    await take(...mixed);
    await settle(sender());
    expect(await bench.states()).toEqual(mixed.map(() => "final"));
    expect(await transactions()).toBe(1);
    expect(await bench.timesRecorded()).toEqual(mixed.map(() => 1));
  });

  it("a single document waits for others until it is old enough", async () => {
    await take(request("patient"));
    const waiting = sender(submitter, { size: 10, age: 60_000 });
    await settle(waiting);
    expect(await bench.states()).toEqual(["queued"]);
    clock.advance(60);
    await settle(waiting);
    expect(await bench.states()).toEqual(["final"]);
  });

  it("documents are sent in groups of the configured size, one transaction at a time", async () => {
    await take(...Array.from({ length: 25 }, (_, i) => request(`sized ${i}`)));
    const small = sender(submitter, { size: 10, age: 0 });
    await small.step();
    await small.step();
    expect(await transactions()).toBe(1); // the first is not in the index yet
    await settle(small);
    expect(await transactions()).toBe(3);
    expect((await bench.anchors()).every(({ state }) => state === "final")).toBe(true);
  });

  it("an anchor passes from queued through submitted to final", async () => {
    const [taken] = await take(request("states"));
    const states = [taken?.kind === "taken" ? taken.anchor.state : "refused"];
    await sender().step();
    states.push((await bench.anchors())[0]?.state ?? "gone");
    await bench.indexer.sync();
    states.push((await bench.anchors())[0]?.state ?? "gone");
    expect(states).toEqual(["queued", "submitted", "final"]);
  });
});

/** A submitter at whose steps the process ends, once. */
function crashing(at: "sign" | "broadcast-before" | "broadcast-after" | "outcome"): Submitter {
  let left = 1;
  const crash = (): void => {
    if (left-- > 0) throw new Error("the process ends here");
  };
  return {
    signers: submitter.signers,
    nonceOf: (signer, block) => submitter.nonceOf(signer, block),
    height: () => submitter.height(),
    reprice: (transaction) => submitter.reprice(transaction),
    sign: async (wanted) => {
      const signed = await submitter.sign(wanted);
      if (at === "sign") crash();
      return signed;
    },
    broadcast: async (transaction) => {
      if (at === "broadcast-before") crash();
      await submitter.broadcast(transaction);
      if (at === "broadcast-after") crash();
    },
    outcome: async (hash) => {
      if (at === "outcome") crash();
      return await submitter.outcome(hash);
    },
  };
}

describe("a crash", () => {
  it.each(["sign", "broadcast-before", "broadcast-after", "outcome"] as const)(
    "a crash at %s loses and doubles no document, and the same bytes are sent again",
    async (at) => {
      await take(...Array.from({ length: 5 }, (_, i) => request(`crash ${i}`)));
      const dying = sender(crashing(at));
      await dying.step().catch(() => undefined);
      await dying.step().catch(() => undefined);
      const before = await bench.db.selectFrom("chain_attempt").select(["hash", "raw"]).execute();
      await settle(sender());
      const after = await bench.db.selectFrom("chain_attempt").select(["hash", "raw"]).execute();
      expect(after.slice(0, before.length)).toEqual(before);
      expect(await bench.timesRecorded()).toEqual([1, 1, 1, 1, 1]);
      expect((await bench.anchors()).every(({ state }) => state === "final")).toBe(true);
    },
  );

  it("a crash between signing and storing leaves the nonce free, since nothing was sent", async () => {
    await take(request("nonce"));
    await sender(crashing("sign"))
      .step()
      .catch(() => undefined);
    await settle(sender());
    expect(await bench.db.selectFrom("chain_transaction").select("nonce").execute()).toEqual([
      { nonce: bench.firstNonce },
    ]);
  });

  it("a transaction whose broadcast was lost is sent again", async () => {
    await take(request("lost"));
    await sender({
      ...crashing("sign"),
      sign: (wanted) => submitter.sign(wanted),
      broadcast: () => Promise.resolve(),
    }).step();
    expect(await bench.timesRecorded()).toEqual([]);
    await settle(sender());
    expect(await bench.timesRecorded()).toEqual([1]);
  });
});

describe("one bad item", () => {
  it("one bad document fails alone, with the contract's reason", async () => {
    const soon = clock.now() + 60;
    await take(request("good 1"), request("bad", { validUntil: soon }), request("good 2"), request("good 3"));
    clock.advance(3_600);
    await settle(sender());
    const states = (await bench.anchors()).map(({ state, error }) => [state, error]);
    expect(states).toEqual([
      ["final", undefined],
      ["failed", expect.stringContaining(`validity until ${soon} `)],
      ["final", undefined],
      ["final", undefined],
    ]);
  });

  it("a failed document may be sent again with corrected particulars", async () => {
    await take(request("bad", { validUntil: clock.now() + 60 }));
    clock.advance(3_600);
    await settle(sender());
    const [again] = await take(request("bad", { validUntil: clock.now() + 60 }));
    expect(again).toMatchObject({ kind: "taken", duplicate: false });
    await settle(sender());
    expect(await bench.states()).toEqual(["final"]);
  });

  it("a document that the chain reverts after all is found before the others are sent again", async () => {
    await take(request("good"), request("late", { validUntil: clock.now() + 60 }));
    let first = true;
    const late: Submitter = {
      ...crashing("outcome"),
      outcome: (hash) => submitter.outcome(hash),
      broadcast: async (transaction) => {
        if (first) clock.advance(3_600); // the block comes an hour after the estimate
        first = false;
        await submitter.broadcast(transaction);
      },
    };
    await settle(sender(late));
    expect(await bench.states()).toEqual(["final", "failed"]);
    const states = await bench.db.selectFrom("chain_transaction").select("state").orderBy("nonce").execute();
    expect(states).toEqual([{ state: "given-up" }, { state: "final" }]);
  });

  it("a document stays queued while the node is unreachable", async () => {
    await take(request("waits"));
    const away = new AppError("RPC_UNAVAILABLE", { detail: "away" });
    const gone: Submitter = { ...crashing("sign"), sign: () => Promise.reject(away) };
    await expect(sender(gone).step()).rejects.toThrowCode("RPC_UNAVAILABLE");
    expect(await bench.states()).toEqual(["queued"]);
  });
});

describe("doubles", () => {
  it("the same document with the same particulars is the same anchor", async () => {
    const [first] = await take(request("twice"));
    const [second, third] = await take(request("twice"), request("twice"));
    const id = first?.kind === "taken" ? first.anchor.id : "";
    expect([second, third]).toMatchObject([
      { kind: "taken", duplicate: true, anchor: { id } },
      { kind: "taken", duplicate: true, anchor: { id } },
    ]);
    await settle(sender());
    expect(await bench.timesRecorded()).toEqual([1]);
  });

  it("an entry of the other blinding, recorded elsewhere with the same key, does not stand for a queued document", async () => {
    await take(request("bytes"));
    const { bytes } = digest("bytes");
    const call = anchorCall(documentGroup([bytes], { scene: 2, blinded: true }));
    await submit(submitter, { call });
    await bench.indexer.sync();
    expect(await bench.timesRecorded()).toEqual([1]);
    expect((await bench.anchors()).map(({ state, index }) => [state, index])).toEqual([
      ["queued", undefined],
    ]);
    await settle(sender());
    expect(await bench.states()).toEqual(["final"]);
    expect(await bench.timesRecorded()).toEqual([2]);
    const [again] = await take(request("bytes"));
    expect(again).toMatchObject({ kind: "taken", duplicate: true });
  });

  it("the same document with other particulars is refused, and another institution's is separate", async () => {
    await take(request("other"));
    const [other] = await take(request("other", { validUntil: clock.now() + 1_000 }));
    expect(other).toMatchObject({ kind: "refused", because: { code: "ANCHORED_DIFFERENTLY" } });
    const [theirs] = await bench.intake.takeDocuments(2, [request("other")]);
    expect(theirs).toMatchObject({ kind: "taken", duplicate: false });
    await settle(sender());
    expect(await bench.timesRecorded()).toEqual([2]);
  });

  it("a document that only the log holds is recognized as a duplicate", async () => {
    await take(request("restored"));
    await settle(sender());
    await bench.db.deleteFrom("anchor").execute();
    await bench.db.deleteFrom("chain_transaction").execute();
    const [again] = await take(request("restored"));
    expect(again).toMatchObject({ kind: "taken", duplicate: true, anchor: { state: "final" } });
    await take(request("next"));
    await settle(sender());
    expect(await bench.timesRecorded()).toEqual([1, 1]);
  });

  it("ten thousand concurrent requests for one document make one anchor", async () => {
    const batches = Array.from({ length: 50 }, () =>
      take(...Array.from({ length: 200 }, () => request("one"))),
    );
    const results = (await Promise.all(batches)).flat();
    expect(results.filter((item) => item.kind === "taken" && !item.duplicate)).toHaveLength(1);
    await settle(sender());
    expect(await bench.timesRecorded()).toEqual([1]);
  });
});

describe("a withdrawal", () => {
  beforeEach(async () => {
    await take(...Array.from({ length: 7 }, (_, i) => request(`revocable ${i}`)));
    await settle(sender());
  });
  const revoke = async (document: number, institution = 1): Promise<unknown> =>
    await bench.intake.takeStatus({
      institution,
      document,
      action: "revoke",
      reason: "content-corrected",
      successor: undefined,
    });
  const indexOf = async (i: number): Promise<number> => (await bench.anchors())[i]?.index ?? -1;

  it("a withdrawal is recorded by proof, goes before queued documents, and is one if requested twice", async () => {
    await take(request("queued before it"));
    const first = await revoke(await indexOf(3));
    const second = await revoke(await indexOf(3));
    expect(second).toEqual(first);
    await settle(sender());
    const statuses = await bench.db
      .selectFrom("entry")
      .select(["idx", "subject"])
      .where("kind", "=", 2)
      .execute();
    expect(statuses).toEqual([{ idx: (await indexOf(6)) + 1, subject: await indexOf(3) }]);
    expect(await revoke(await indexOf(3))).toMatchObject({ state: "final", index: statuses[0]?.idx });
  });

  it("a withdrawn document cannot be anchored again", async () => {
    await revoke(await indexOf(0));
    await settle(sender());
    const [again] = await take(request("revocable 0"));
    expect(again).toMatchObject({ kind: "refused", because: { code: "REVOKED_CANNOT_REANCHOR" } });
  });

  it.each([
    ["an index that is not there", 9_999, 1, "ENTRY_NOT_FOUND"],
    ["an entry of the directory", 0, 1, "NOT_A_DOCUMENT"],
    ["another institution's entry", SAMPLE_ENTRIES + 1, 2, "NOT_YOUR_ENTRY"],
  ] as const)("a withdrawal of %s is refused", async (_, document, institution, code) => {
    await expect(revoke(document, institution)).rejects.toThrowCode(code);
    expect(await bench.db.selectFrom("status_request").selectAll().execute()).toEqual([]);
  });

  it("a withdrawal of an entry that is not final yet is refused with ENTRY_NOT_FINAL", async () => {
    await bench.db.updateTable("cursor").set({ final_block: 1 }).execute();
    await expect(revoke(await indexOf(0))).rejects.toThrowCode("ENTRY_NOT_FINAL");
  });
});

/** Changes the registry by the governor's key, and has the index follow. */
async function govern(act: Act): Promise<void> {
  await governAt(chain, { folder: join(chain.folder, "governance"), file: "deployer.key" }, act);
  await bench.indexer.sync();
}

describe("what the registry does not take for now", () => {
  const suspend = { act: "set-state", institution: 1, state: "suspended" } as const;
  const hindrances: [string, Act, Act, string][] = [
    [
      "a paused registry",
      { act: "set-paused", paused: true },
      { act: "set-paused", paused: false },
      "REGISTRY_PAUSED",
    ],
    ["a suspended institution", suspend, { ...suspend, state: "active" }, "ISSUER_SUSPENDED"],
  ];

  it.each(hindrances)(
    "documents held up by %s stay queued, and are sent afterwards",
    async (_, stop, start, code) => {
      const bad = request("bad", { validUntil: clock.now() + 60 });
      await take(request("good 1"), bad, request("good 2"));
      clock.advance(3_600);
      await govern(stop);
      for (let i = 0; i < 3; i++) await expect(sender().step()).rejects.toMatchObject({ code });
      expect([await bench.states(), await transactions()]).toEqual([["queued", "queued", "queued"], 0]);
      await govern(start);
      await settle(sender());
      expect(await bench.states()).toEqual(["final", "failed", "final"]);
      expect(await bench.timesRecorded()).toEqual([1, 1]);
    },
  );

  it.each(hindrances)(
    "%s fails no document while the bad one among them is isolated",
    async (_, stop, start, code) => {
      await take(request("good 1"), request("bad", { validUntil: clock.now() + 60 }), request("good 2"));
      clock.advance(3_600);
      let signed = 0;
      const hindered: Submitter = {
        ...crashing("outcome"),
        outcome: (hash) => submitter.outcome(hash),
        sign: async (wanted) => {
          signed += 1;
          if (signed === 2) await govern(stop); // after the whole was refused, before its halves
          return await submitter.sign(wanted);
        },
      };
      await expect(sender(hindered).step()).rejects.toMatchObject({ code });
      expect(await bench.states()).toEqual(["queued", "queued", "queued"]);
      await govern(start);
      await settle(sender());
      expect(await bench.states()).toEqual(["final", "failed", "final"]);
    },
  );

  it("a suspended institution does not hold up another's documents", async () => {
    await take(request("waits"));
    await bench.intake.takeDocuments(2, [request("goes on")]);
    await govern(suspend);
    await expect(sender().step()).rejects.toThrowCode("ISSUER_SUSPENDED");
    await bench.indexer.sync();
    expect(await bench.states()).toEqual(["queued", "final"]);
  });

  it("a document fails once its institution is withdrawn permanently", async () => {
    await take(request("too late"));
    await govern(suspend);
    await expect(sender().step()).rejects.toThrowCode("ISSUER_SUSPENDED");
    await govern({ act: "set-state", institution: 1, state: "withdrawn" });
    await settle(sender());
    const [anchor] = await bench.anchors();
    expect([anchor?.state, anchor?.error]).toEqual([
      "failed",
      expect.stringContaining("institution 1 is 3 (withdrawn)"),
    ]);
  });
});

describe("what waits when a successor is named", () => {
  const suspended = { act: "set-state", institution: 1, state: "suspended" } as const;
  const BLINDED = "personal-credit-report";
  const nameSuccessor = async (): Promise<void> => {
    const deployer = new LocalSigner(new Wallet(Wallet.createRandom().privateKey));
    await grantRole(chain, "PAUSER_ROLE", deployer.address); // so that the chain takes its transaction
    const successor = await deployRegistry(chain.rpc, deployer, chain.registry);
    const key = { folder: join(chain.folder, "governance"), file: "deployer.key" };
    await governAt(chain, key, { act: "name-successor", registry: successor });
  };
  const ends = async (): Promise<unknown[]> =>
    (await bench.anchors()).map(({ state, errorCode }) => [state, errorCode]);
  const FAILED = ["failed", "REGISTRY_SUCCEEDED"];

  it("open and blinded documents fail with REGISTRY_SUCCEEDED once the index knows, and not as refused", async () => {
    const documents = Array.from({ length: 7 }, (_, i) => request(`waits ${i}`));
    const payload = { ...digest("a commitment"), blinded: true };
    const begun = sender();
    await begun.step();
    await take(...documents, request("", { scene: BLINDED, payload }));
    await nameSuccessor();
    await expect(begun.step()).rejects.toThrowCode("REGISTRY_SUCCEEDED");
    expect(new Set(await bench.states())).toEqual(new Set(["queued"]));
    await bench.indexer.sync();
    await sender().step();
    expect(await ends()).toEqual([...documents, payload].map(() => FAILED));
    await expect(take(request("late"))).rejects.toThrowCode("REGISTRY_SUCCEEDED");
    expect(await bench.outbox.pending()).toEqual({ count: 0, oldestAcceptedAt: undefined });
  });

  it("documents fail whose institution has no key in force, and of a suspended one", async () => {
    await take(request("waits"));
    await bench.intake.takeDocuments(2, [request("waits too")]);
    await govern(suspended);
    await nameSuccessor();
    await bench.indexer.sync();
    const none: Submitter = { ...submitter, signers: [], height: () => submitter.height() };
    await sender(none).step();
    expect(await ends()).toEqual([FAILED, FAILED]);
  });

  it("what is recorded stays, and its withdrawal is recorded still", async () => {
    await take(request("recorded"));
    await settle(sender());
    const [anchor] = await bench.anchors();
    await nameSuccessor();
    await bench.indexer.sync();
    const change = { action: "revoke", reason: "other", successor: undefined } as const;
    const taken = await bench.intake.takeStatus({ institution: 1, document: anchor?.index ?? -1, ...change });
    await settle(sender());
    expect(await ends()).toEqual([["final", undefined]]);
    expect((await bench.outbox.statusRequest(taken.id))?.state).toBe("final");
  });
});

describe("a fault of one key", () => {
  it("a fault of one key does not hold up the others", async () => {
    await take(request("held up"));
    await bench.intake.takeDocuments(2, [request("goes on")]);
    const fault = new AppError("RPC_REFUSED", { detail: "out of funds" });
    const poor: Submitter = {
      ...crashing("outcome"),
      outcome: (hash) => submitter.outcome(hash),
      sign: (wanted) =>
        wanted.signer === submitter.signers[0] ? Promise.reject(fault) : submitter.sign(wanted),
    };
    await expect(sender(poor).step()).rejects.toThrowCode("RPC_REFUSED");
    await bench.indexer.sync();
    expect(await bench.states()).toEqual(["queued", "final"]);
  });
});

describe("an institution without a key here", () => {
  it("a document is refused where this instance holds no key to send it", async () => {
    const others = new Intake({
      outbox: bench.outbox,
      registry: bench.view,
      signers: submitter.signers.slice(1),
      clock,
      gates: [],
      onTaken: () => undefined,
    });
    await expect(others.takeDocuments(1, [request("x")])).rejects.toThrowCode("SIGNING_KEY_MISSING");
    expect(await bench.anchors()).toEqual([]);
    expect(await others.takeDocuments(2, [request("x")])).toMatchObject([{ kind: "taken" }]);
  });
});

describe("documents that are not taken", () => {
  it.each<[string, Partial<AnchorRequest>, string]>([
    ["of an unknown scene", { scene: "nothing" }, "SCENE_UNKNOWN"],
    ["of a blinded scene", { scene: "personal-credit-report" }, "SCENE_BLINDED"],
    ["that is a commitment, of an open scene", { payload: { ...digest("x"), blinded: true } }, "SCENE_OPEN"],
    ["of a prototype's name as scene", { scene: "__proto__" }, "SCENE_UNKNOWN"],
    ["whose validity is over", { validUntil: 1_000 }, "VALID_UNTIL_PAST"],
    ["with an empty reference", { reference: "" }, "REFERENCE_FORMAT"],
    ["with a long reference", { reference: "r".repeat(129) }, "REFERENCE_FORMAT"],
    ["with a control character in the reference", { reference: "a\u0000b" }, "REFERENCE_FORMAT"],
    ["with a direction override in the reference", { reference: "a\u202eb" }, "REFERENCE_FORMAT"],
  ])("a document %s is refused, and the others are accepted", async (_, rest, code) => {
    const results = await take(request("before"), request("bad", rest), request("after"));
    expect(results.map((item) => (item.kind === "refused" ? item.because.code : "taken"))).toEqual([
      "taken",
      code,
      "taken",
    ]);
    expect(await bench.anchors()).toHaveLength(2);
  });
});
