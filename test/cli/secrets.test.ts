import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { askSecret } from "../../src/cli/secrets.ts";

/** A terminal at which `keys` are typed once it listens. */
function typing(...keys: (string | Buffer)[]) {
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  });
  const modes: boolean[] = [];
  let shown = "";
  let interrupts = 0;
  for (const key of keys) input.write(key);
  return {
    terminal: {
      input,
      output: { write: (text: string) => (shown += text) },
      interrupt: () => void (interrupts += 1),
    },
    seen: () => ({ shown, modes, interrupts, listeners: input.listenerCount("data") }),
  };
}

describe("a password that is asked for", () => {
  it.each<[string, (string | Buffer)[], string]>([
    ["Enter ends", ["secret\r"], "secret"],
    ["a line end ends", ["se", "cret", "\n"], "secret"],
    ["Ctrl-D ends", ["secret\u0004"], "secret"],
    ["backspace takes back", ["secrxy\u007f\bet\r"], "secret"],
    ["backspace takes back whole characters", ["密碼💾\u007f\r"], "密碼"],
    [
      "may come in pieces of characters",
      [Buffer.from("密").subarray(0, 1), Buffer.from("密").subarray(1), "\r"],
      "密",
    ],
    ["may be empty", ["\u007f\r"], ""],
    ["ends with its line", ["one\rtwo\r"], "one"],
  ])("%s", async (_, keys, secret) => {
    const { terminal, seen } = typing(...keys);
    expect(await askSecret("password: ", terminal)).toBe(secret);
    expect(seen()).toEqual({ shown: "password: \n", modes: [true, false], interrupts: 0, listeners: 0 });
  });

  it("is given up by Ctrl-C, and the terminal is as it was", async () => {
    const { terminal, seen } = typing("sec\u0003ret\r");
    await expect(askSecret("password: ", terminal)).rejects.toThrowCode("USAGE");
    expect(seen()).toEqual({ shown: "password: \n", modes: [true, false], interrupts: 1, listeners: 0 });
  });

  it("is not asked for where there is no terminal", async () => {
    const { terminal, seen } = typing("secret\r");
    const none = { ...terminal, input: Object.assign(terminal.input, { isTTY: false }) };
    await expect(askSecret("password: ", none)).rejects.toThrowCode("USAGE");
    expect(seen()).toMatchObject({ shown: "", modes: [] });
  });
});
