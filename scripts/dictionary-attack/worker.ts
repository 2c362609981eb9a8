/** Hashes the page of every number of a range, and posts those that the sieve does not exclude. */
import { hash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { commit } from "../../src/hash/blinding.ts";
import type { Range, Suspect } from "./attack.ts";
import { mayHave } from "./haystack.ts";
import { identityNumber, page } from "./template.ts";

const { from, to, algorithms, blinder, sieve } = workerData as Range;
const suspects: Suspect[] = [];
for (let n = from; n < to; n++) {
  const text = page(identityNumber(n));
  for (const algorithm of algorithms) {
    const digest = hash(algorithm, text, "buffer");
    const payload =
      blinder === undefined ? digest : Buffer.from(commit({ algorithm, bytes: digest }, blinder).bytes);
    if (mayHave(sieve, payload)) suspects.push({ n, payload });
  }
}
parentPort?.postMessage(suspects);
