import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_GROUPS, groupDocuments, planStep } from "../../src/anchor/plan.ts";
import type { Anchor, DocumentGroup, StatusRequest } from "../../src/anchor/ports.ts";
import { toHex } from "../../src/core/bytes.ts";

const NOW = 1_800_000_000_000;
const grouping = { size: 5, age: 1_000 };

function anchor(i: number, given: Partial<Anchor> = {}): Anchor {
  return {
    id: `anchor-${i}`,
    institution: 1,
    algorithm: "sha256",
    blinded: false,
    payload: new Uint8Array(32).fill(i + 1),
    scene: 1,
    validUntil: 0,
    references: [],
    acceptedAt: NOW,
    state: "queued",
    index: undefined,
    entry: undefined,
    transaction: undefined,
    block: undefined,
    recordedAt: undefined,
    error: undefined,
    errorCode: undefined,
    ...given,
  };
}

const request: StatusRequest = {
  id: "status-1",
  institution: 1,
  document: 4,
  action: "revoke",
  reason: "other",
  successor: undefined,
  acceptedAt: NOW,
  state: "queued",
  index: undefined,
  recordedAt: undefined,
  error: undefined,
};

const plan = (anchors: readonly Anchor[], now = NOW, statuses: readonly StatusRequest[] = []) =>
  planStep({ work: { anchors, statuses }, grouping, now });

describe("the next step", () => {
  it("the sender waits without end when nothing is queued", () =>
    expect(plan([])).toEqual({ kind: "wait", milliseconds: undefined }));

  it("a withdrawal is sent before any document", () => {
    expect(plan([anchor(0)], NOW + 5_000, [request])).toEqual({ kind: "status", request });
  });

  it("documents wait until the oldest is old enough, to the millisecond", () => {
    expect(plan([anchor(0)], NOW + 999)).toEqual({ kind: "wait", milliseconds: 1 });
    expect(plan([anchor(0)], NOW + 1_000)).toMatchObject({ kind: "anchor" });
  });

  it("a full group does not wait, and takes no more documents than its size", () => {
    const six = Array.from({ length: 6 }, (_, i) => anchor(i));
    expect(plan(six.slice(0, 4))).toMatchObject({ kind: "wait" });
    expect(plan(six)).toEqual({ kind: "anchor", anchors: six.slice(0, 5) });
  });

  it("a clock that was set back does not make documents wait", () => {
    expect(plan([anchor(0)], NOW - 3_600_000)).toMatchObject({ kind: "anchor" });
  });

  it("an anchoring takes no more groups than a transaction has gas for", () => {
    const many = Array.from({ length: MAX_GROUPS + 10 }, (_, i) => anchor(i, { validUntil: 1 + i }));
    const step = planStep({
      work: { anchors: many, statuses: [] },
      grouping: { size: 2_000, age: 0 },
      now: NOW,
    });
    expect(step).toEqual({ kind: "anchor", anchors: many.slice(0, MAX_GROUPS) });
  });
});

describe("groups", () => {
  const documents = fc
    .array(
      fc.record({
        scene: fc.integer({ min: 1, max: 3 }),
        algorithm: fc.constantFrom("sha256" as const, "sm3" as const),
        blinded: fc.boolean(),
        validUntil: fc.constantFrom(0, 1, 2),
      }),
      { maxLength: 60 },
    )
    .map((all) => all.map((given, i) => anchor(i, given)));

  it("groups hold every document once, under its own particulars, and no two groups are alike", () => {
    fc.assert(
      fc.property(documents, (anchors) => {
        const groups = groupDocuments(anchors);
        const particulars = ({ scene, algorithm, blinded, validUntil }: Omit<DocumentGroup, "payloads">) =>
          `${scene}/${algorithm}/${blinded}/${validUntil}`;
        const back = groups.flatMap((group) =>
          group.payloads.map((payload) => `${particulars(group)}/${toHex(payload)}`),
        );
        const there = anchors.map((document) => `${particulars(document)}/${toHex(document.payload)}`);
        expect([...back].sort()).toEqual([...there].sort());
        const kinds = groups.map(particulars);
        expect(new Set(kinds).size).toBe(groups.length);
        expect(groups.every(({ payloads }) => payloads.length > 0)).toBe(true);
      }),
    );
  });
});
