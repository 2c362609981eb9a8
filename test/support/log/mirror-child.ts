/** Makes a mirror of a log in memory, in a process that its parent kills: FOLDER ENTRIES. Prints a line when it starts. */
import { setImmediate as turn } from "node:timers/promises";
import type { MirrorPage, MirrorSource } from "../../../src/sdk/mirror/ports.ts";
import { follow } from "../../../src/sdk/mirror/follow.ts";
import { MirrorFile } from "../../../src/store/mirror/mirror-file.ts";
import { largeLog } from "./served-mirror.ts";

/** Entries that are stored at a time, so that there are many moments between two transactions. */
const STEP = 100;

const [folder = "", entries = ""] = process.argv.slice(2);
const source = await largeLog(Number(entries)).source();
using store = await MirrorFile.open(folder);
process.stdout.write("started\n");
await follow({ store, source: inSteps(source), progress: () => undefined });
process.stdout.write("done\n");

function inSteps(whole: MirrorSource): MirrorSource {
  return {
    ...whole,
    pages: async function* (held): AsyncGenerator<MirrorPage> {
      for await (const page of whole.pages(held)) {
        for (let at = 0; at < page.entries.length; at += STEP) {
          yield { entries: page.entries.slice(at, at + STEP), events: [] };
          await turn();
        }
        if (page.events.length > 0) yield { entries: [], events: page.events };
      }
    },
  };
}
