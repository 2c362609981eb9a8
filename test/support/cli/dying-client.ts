/** Runs the command line, which kills itself at the moment DIE_AT of anchoring a blinded document. */
import { runCli } from "../../../src/cli/program.ts";
import { ports } from "../../../src/bin/run.ts";

export const MOMENTS = ["before-salts", "after-salts", "before-request", "before-answer", "never"] as const;
export type Moment = (typeof MOMENTS)[number];

const at = process.env["DIE_AT"];
delete process.env["DIE_AT"];

function pass(moment: Moment): void {
  if (moment === at) process.kill(process.pid, "SIGKILL");
}

const send = globalThis.fetch;
globalThis.fetch = async (url, options) => {
  const anchors = options?.method === "POST";
  if (anchors) pass("before-request");
  const answer = await send(url, options);
  if (anchors) pass("before-answer");
  return answer;
};

process.exitCode = await runCli(process.argv.slice(2), {
  ...ports,
  openSalts: async (folder) => {
    const salts = await ports.openSalts(folder);
    return {
      keep: (records) => {
        pass("before-salts");
        const kept = salts.keep(records);
        pass("after-salts");
        return kept;
      },
      ofDigest: (digest) => salts.ofDigest(digest),
      ofCommitment: (commitment) => salts.ofCommitment(commitment),
      bindingOf: (peer) => salts.bindingOf(peer),
      bind: (peer, binding) => salts.bind(peer, binding),
      [Symbol.dispose]: () => salts[Symbol.dispose](),
    };
  },
});
