import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cluster, digestsOf, notOnce, type Member } from "../support/service/cluster.ts";
import { ask } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

let cluster: Cluster;
beforeEach(async () => void (cluster = await Cluster.start(2)));
afterEach(async () => await cluster[Symbol.asyncDispose]());

/** What was acknowledged, and every answer to a question whose right answer is known. */
class Witness {
  readonly acknowledged = new Set<string>();
  readonly answers = new Map<string, number>();
  stopped = false;
  #made = 0;

  /** Writes through a process, and verifies, until stopped; a process that has exited is skipped. */
  async work({ credentials: { server, keys }, child }: Member): Promise<void> {
    while (!this.stopped && child.exitCode === null && child.signalCode === null) {
      const digests = Array.from({ length: 5 }, () => digestOf(`document ${this.#made++}`));
      const documents = digests.map((digest) => ({ digest, scene: SCENE }));
      const taken = await ask(`${server}/v1/anchors`, { key: keys["issuer"], body: { documents } }).catch(
        () => undefined,
      );
      if (taken?.status === 202) for (const digest of digests) this.acknowledged.add(digest);
      else if (taken !== undefined) this.#note(`write ${taken.status} ${String(taken.body["code"])}`);
      await this.#verify(server, "known", digestOf("known"));
      await this.#verify(server, "unknown", digestOf("unknown"));
    }
  }

  async #verify(server: string, name: string, digest: string): Promise<void> {
    const answer = await ask(`${server}/v1/verifications`, { body: { digest } }).catch(() => undefined);
    if (answer === undefined) return; // the process is gone
    const { verdict, code } = answer.body;
    this.#note(`${name} ${String(verdict)}${verdict === "indeterminate" ? ` ${String(code)}` : ""}`);
  }

  #note(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}

async function anchorKnown({ credentials: { server, keys } }: Member): Promise<void> {
  const body = { documents: [{ digest: digestOf("known"), scene: SCENE }] };
  const answer = await ask(`${server}/v1/anchors?wait=final`, { key: keys["issuer"], body });
  expect(answer.status).toBe(200);
}

/** Waits until everything acknowledged is in the log, and returns what is not there exactly once. */
async function wrongIn({ credentials }: Member, acknowledged: ReadonlySet<string>): Promise<string[]> {
  let wrong: string[] = [...acknowledged];
  for (let tries = 0; tries < 200 && wrong.length > 0; tries++) {
    await sleep(100);
    wrong = notOnce(acknowledged, await digestsOf(credentials));
  }
  return wrong;
}

describe("two processes that share a database", () => {
  it("F12: kill -9 of the leader hands over to the other, and each acknowledged document is recorded once", async () => {
    const leader = await cluster.leader();
    await anchorKnown(leader);
    const witness = new Witness();
    const writing = cluster.members.map((member) => witness.work(member));
    await sleep(1_000);
    await leader.kill();
    const next = await cluster.leader();
    expect(next).not.toBe(leader);
    const before = witness.acknowledged.size;
    await sleep(1_000);
    witness.stopped = true;
    await Promise.all(writing);
    expect(before).toBeGreaterThan(0);
    expect(witness.acknowledged.size).toBeGreaterThan(before);
    expect(await wrongIn(next, witness.acknowledged)).toEqual([]);
    expect([...witness.answers.keys()].sort()).toEqual(["known valid", "unknown not-found"]);
  }, 120_000);

  it("F38: kill -9 of the database loses no acknowledged document, and causes no wrong verdict", async () => {
    const leader = await cluster.leader();
    await anchorKnown(leader);
    const witness = new Witness();
    const writing = cluster.members.map((member) => witness.work(member));
    for (let kills = 0; kills < 2; kills++) {
      await sleep(700);
      await cluster.postgres.kill();
      await sleep(700);
      await cluster.postgres.restart();
    }
    const last = await cluster.leader();
    await sleep(700);
    witness.stopped = true;
    await Promise.all(writing);
    expect(await wrongIn(last, witness.acknowledged)).toEqual([]);
    expect(Object.fromEntries(witness.answers)).toEqual({
      "known valid": expect.any(Number) as number,
      "unknown not-found": expect.any(Number) as number,
      "known indeterminate DATABASE_UNAVAILABLE": expect.any(Number) as number,
      "unknown indeterminate DATABASE_UNAVAILABLE": expect.any(Number) as number,
      "write 503 DATABASE_UNAVAILABLE": expect.any(Number) as number,
    });
  }, 120_000);
});
