/** Opens a mirror and asks it, in a process whose memory is that of a reader: started by main.ts. */
import { Mirror } from "../../src/sdk/mirror/mirror.ts";
import { MirrorReader } from "../../src/sdk/mirror/reader.ts";
import { MirrorFile } from "../../src/store/mirror/mirror-file.ts";
import { digestAt } from "./digests.ts";

/** Of every entry of the log. */
const TIME = 1_800_000_000;
const QUESTIONS = 20_000;

async function answer(folder: string): Promise<void> {
  const now = TIME + 5;
  const opened = performance.now();
  const mirror = Mirror.open(await MirrorFile.find(folder));
  const opening = performance.now() - opened;
  const judging = { maxLag: 600, acceptedIssuers: [] };
  const reader = new MirrorReader({
    mirror,
    clock: { now: () => now, millis: () => now * 1_000 },
    judging,
    language: "en",
  });
  const { size } = mirror.state;
  const counts = new Map<string, number>();
  // every tenth is of a file that was not registered
  const asked = Array.from({ length: QUESTIONS }, (_, i) => (i % 10 === 0 ? size + i : (i * 7_919) % size));
  const digests = asked.map((index) => `sha256:${Buffer.from(digestAt(index)).toString("hex")}`);
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  for (const digest of digests) {
    const { verdict } = await reader.verify({ digest });
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const { rss } = process.memoryUsage();
  const { maxRSS } = process.resourceUsage();
  const result = {
    opening,
    rate: QUESTIONS / seconds,
    cpu: (QUESTIONS * 1e6) / (user + system),
    rss,
    peak: maxRSS * 1_024,
    counts: [...counts],
  };
  process.stdout.write(JSON.stringify(result));
}

await answer(process.argv[2] ?? "");
