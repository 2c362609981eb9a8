/** Asks the person at the terminal of this process. */
import { createInterface } from "node:readline";
import { visible } from "../core/visible.ts";
import type { Terminal } from "./context.ts";

/** Undefined where a question would not be seen or not be answered, as under cron and in pipes. */
export function terminalOf({
  stdin,
  stderr,
}: Pick<NodeJS.Process, "stdin" | "stderr">): Terminal | undefined {
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return {
    ask: async (question) => {
      stderr.write(visible(question));
      const lines = createInterface({ input: stdin });
      const typed = await new Promise<string>((resolve) => {
        lines.once("line", resolve);
        lines.once("close", () => resolve("")); // Ctrl-D
      });
      lines.close();
      return typed;
    },
  };
}
