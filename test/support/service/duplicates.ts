/** Anchors one document many times concurrently at two servers, with other documents in between. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, digestsOf, notOnce } from "./cluster.ts";
import { ask } from "./service.ts";

const SCENE = "enterprise-credit-report";
const CONCURRENCY = 100;

export interface DuplicatesReport {
  readonly requests: number;
  readonly accepted: number;
  /** Distinct anchor ids in the answers for the one digest. */
  readonly ids: number;
  readonly accountedFor: boolean;
  readonly timesInLog: number;
  /** Documents that are not in the log exactly once. */
  readonly wrong: readonly string[];
  readonly seconds: number;
}

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

export async function anchorsOnce({ requests }: { requests: number }): Promise<DuplicatesReport> {
  await using cluster = await Cluster.start(2);
  const [first, second] = cluster.members.map(({ credentials }) => credentials);
  if (first === undefined || second === undefined) throw new RangeError("there are two servers");
  const one = digestOf("one");
  const others = new Set<string>();
  const ids = new Set<string>();
  let accepted = 0;
  let asked = 0;
  const began = Date.now();
  const work = async (): Promise<void> => {
    while (asked < requests) {
      const n = asked++;
      const { server, keys } = n % 2 === 0 ? first : second;
      const other = digestOf(`other ${n}`);
      const documents = [one, ...(n % 50 === 0 ? [other] : []), one].map((digest) => ({
        digest,
        scene: SCENE,
      }));
      const { status, body } = await ask(`${server}/v1/anchors`, {
        key: keys["issuer"],
        body: { documents },
      });
      if (status !== 202) continue;
      accepted += 1;
      const anchors = body["anchors"] as { id: string; digest: string }[];
      for (const anchor of anchors) {
        if (anchor.digest === one) ids.add(anchor.id);
        else others.add(anchor.digest);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const seconds = (Date.now() - began) / 1000;
  let listed: string[] = [];
  for (let tries = 0; tries < 200 && new Set(listed).size < others.size + 1; tries++) {
    await sleep(50);
    listed = await digestsOf(first);
  }
  return {
    requests,
    accepted,
    ids: ids.size,
    accountedFor: new Set(listed).size === others.size + 1,
    timesInLog: listed.filter((digest) => digest === one).length,
    wrong: notOnce([one, ...others], listed),
    seconds,
  };
}
