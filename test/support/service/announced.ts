import type { ChildProcess } from "node:child_process";

/**
 * Waits until a `hufu serve` has said where it is. Its output is read on to the end, so that the pipe never fills.
 * @returns false where it ended without saying so
 */
export async function announced(child: ChildProcess): Promise<boolean> {
  let said = "";
  return await new Promise<boolean>((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("credentials.json")) resolve(true);
    });
    child.once("exit", () => resolve(false));
  });
}
