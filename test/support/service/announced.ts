/** Waits until a process of `hufu serve` has printed its address. */
import type { ChildProcess } from "node:child_process";

/** Reads the output to its end, so that the pipe never fills. @returns false: the process exited before */
export async function announced(child: ChildProcess): Promise<boolean> {
  let output = "";
  return await new Promise<boolean>((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("credentials.json")) resolve(true);
    });
    child.once("exit", () => resolve(false));
  });
}
