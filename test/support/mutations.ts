/** Runs random mutations of proofs in child processes. */
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { joined, type Report } from "../conformance/mutations/run.ts";

const CHILD = join(import.meta.dirname, "../conformance/mutations/child.ts");

/** Uses one process per processor. @throws Error a process crashed */
export async function mutate({ seed, count }: { seed: number; count: number }): Promise<Report> {
  const processes = availableParallelism();
  const share = Math.ceil(count / processes);
  const shares = Array.from({ length: processes }, (_, i) => ({
    from: i * share,
    count: Math.min(share, count - i * share),
  }));
  return joined(await Promise.all(shares.map((each) => inChild({ seed, ...each }))));
}

async function inChild(part: { seed: number; from: number; count: number }): Promise<Report> {
  const args = [CHILD, String(part.seed), String(part.from), String(part.count)];
  const options = { maxBuffer: 2 ** 28 };
  try {
    return JSON.parse((await promisify(execFile)(process.execPath, args, options)).stdout) as Report;
  } catch (error) {
    const { stdout = "" } = error as { stdout?: string };
    if (stdout === "") throw error;
    return JSON.parse(stdout) as Report; // it exits with 1 after a finding
  }
}
