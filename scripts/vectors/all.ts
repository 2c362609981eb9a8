/** Judges all cases and returns them as vectors. */
import type { Format, Vector } from "../../test/conformance/judge.ts";
import { judge } from "../../test/conformance/judge.ts";
import type { Case } from "./case.ts";
import { CONTAINERS } from "./containers.ts";
import { ANSWER_NOTES, CONVICTIONS } from "./answers.ts";
import { BLINDINGS, DIGESTS, ENTRIES } from "./entries.ts";
import { CHECKPOINTS, COSIGNATURES, COSIGNATURE_REQUESTS, KEYS, NOTES } from "./notes.ts";
import { POLICIES, TRUSTED } from "./policies.ts";
import { DIRECTORIES, LOG_PROOFS, RECEIPTS, REGISTRATIONS } from "./receipts.ts";
import { SIGNED_STATEMENTS, STATEMENTS } from "./statements.ts";
import { BUNDLES, CONSISTENCIES, INCLUSIONS, TILE_PATHS, TILES } from "./trees.ts";

const CASES: Readonly<Record<Format, readonly Case[]>> = {
  digest: DIGESTS,
  blinding: BLINDINGS,
  entry: ENTRIES,
  vkey: KEYS,
  note: NOTES,
  checkpoint: CHECKPOINTS,
  cosignature: COSIGNATURES,
  "cosignature-request": COSIGNATURE_REQUESTS,
  policy: POLICIES,
  "trusted-checkpoint": TRUSTED,
  "tlog-proof": LOG_PROOFS,
  receipt: RECEIPTS,
  "status-statement": STATEMENTS,
  "signed-statement": SIGNED_STATEMENTS,
  "answer-note": ANSWER_NOTES,
  conviction: CONVICTIONS,
  registration: REGISTRATIONS,
  directory: DIRECTORIES,
  container: CONTAINERS,
  inclusion: INCLUSIONS,
  consistency: CONSISTENCIES,
  "tile-path": TILE_PATHS,
  tile: TILES,
  "entry-bundle": BUNDLES,
};

/** Vectors by path below test/vectors. @throws Error a result differs from its case */
export function allVectors(): Map<string, Vector> {
  const vectors = new Map<string, Vector>();
  for (const [format, cases] of Object.entries(CASES) as [Format, readonly Case[]][])
    for (const [description, input, code] of cases) {
      const path = `${format}/${slugOf(description)}.json`;
      if (vectors.has(path)) throw new Error(`two cases are called ${path}`);
      const expect = judge({ format, input });
      if (("code" in expect ? expect.code : undefined) !== code)
        throw new Error(`${path}: expected ${code ?? "it to hold"}, got ${JSON.stringify(expect)}`);
      vectors.set(path, { format, description, input, expect });
    }
  return vectors;
}

/** The text of a vector's file. */
export function fileOf(vector: Vector): string {
  return `${JSON.stringify(vector, undefined, 1)}\n`;
}

function slugOf(description: string): string {
  return description
    .toLowerCase()
    .replace("2^", "2-to-the-")
    .replace(/[^0-9a-z]+/g, "-")
    .replace(/^-|-$/g, "");
}
