/** Searches the data of an attacker for the digests of guessed pages, in worker threads. */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Algorithm } from "../../src/core/digest.ts";
import type { Blinder } from "../../src/hash/blinding.ts";
import type { Haystack } from "./haystack.ts";
import { identityNumber } from "./template.ts";

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly algorithms: readonly Algorithm[];
  /** Known to the attacker; undefined = guesses are plain digests of the page. */
  readonly blinder: Blinder | undefined;
  readonly sieve: Uint8Array;
}

export interface Suspect {
  readonly n: number;
  readonly payload: Uint8Array;
}

/** @param options.count numbers to try, from 0. @returns the numbers whose page is found */
export async function attack(
  held: Haystack,
  { count, algorithms, blinder }: { count: number; algorithms: readonly Algorithm[]; blinder?: Blinder },
): Promise<string[]> {
  const workers = Math.min(availableParallelism(), count);
  const found = await Promise.all(
    Array.from({ length: workers }, async (_, i) => {
      const part = (at: number): number => Math.floor((count * at) / workers);
      const range: Range = { from: part(i), to: part(i + 1), algorithms, blinder, sieve: held.sieve };
      const worker = new Worker(join(import.meta.dirname, "worker.ts"), { workerData: range });
      const [suspects] = (await once(worker, "message")) as [Suspect[]];
      return suspects.filter(({ payload }) => held.has(Buffer.from(payload))).map(({ n }) => n);
    }),
  );
  return [...new Set(found.flat())].sort((a, b) => a - b).map(identityNumber);
}
