/** Defines the result of a mutation run and reads the reasons for equivalent mutants. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { keyOf, type Mutant } from "./mutants.ts";

/** A mutant that behaves as the contract does, and why. Identified by all members but the reason. */
interface Equivalent {
  readonly file: string;
  readonly in: string;
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

export type NamedMutant = Pick<Mutant, "id" | "file" | "line" | "in" | "original" | "mutated">;

/** The content of test/contracts/mutants.json. */
export interface Result {
  /** See {@link hashOf}. */
  readonly contracts: string;
  /** Seed of the model test's runs. */
  readonly seed: number;
  readonly total: number;
  readonly killed: number;
  /** How many each test file killed; each mutant is killed once. */
  readonly byKiller: Readonly<Record<string, number>>;
  readonly equivalent: readonly (NamedMutant & { readonly reason: string })[];
  readonly survived: readonly NamedMutant[];
}

/** SHA-256 over name and content of every contract, in the order of the names. */
export function hashOf(sources: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  for (const [name, content] of sources) hash.update(name).update(content);
  return hash.digest("hex");
}

export function named({ id, file, line, in: within, original, mutated }: Mutant): NamedMutant {
  return { id, file, line, in: within, original, mutated };
}

/**
 * The reasons of scripts/mutation/equivalent.json by mutant id.
 * @throws Error a reason matches no mutant
 */
export function readReasons(mutants: readonly Mutant[]): Map<number, string> {
  const text = readFileSync(new URL("equivalent.json", import.meta.url), "utf8");
  const listed = JSON.parse(text) as Equivalent[];
  const reasons = new Map<number, string>();
  for (const each of listed) {
    const found = mutants.filter((mutant) => keyOf(mutant) === keyOf(each));
    if (found.length === 0) throw new Error(`of no mutant: ${keyOf(each)}`);
    for (const { id } of found) reasons.set(id, each.reason);
  }
  return reasons;
}
