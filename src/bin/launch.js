/** Runs `hufu` under the Node 24 of this checkout as a child process: forwards its signals, and exits as it does. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const node = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));
const hufu = fileURLToPath(new URL("hufu.js", import.meta.url));

/** Signals that no process can catch, that report its own faults and timers, or that a terminal sends to the child itself. */
const OWN =
  /^SIG(KILL|STOP|ABRT|IOT|BUS|FPE|ILL|SEGV|SYS|TRAP|STKFLT|CHLD|PIPE|PROF|VTALRM|XCPU|XFSZ|URG|TSTP|TTIN|TTOU|WINCH)$/;
const forwarded = Object.keys(constants.signals).filter((name) => !OWN.test(name));

// the channel ends with this process, and the child with it
const child = spawn(node, [hufu, ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
for (const name of forwarded) process.on(name, () => child.kill(name));
child.on("error", ({ message }) => {
  process.stderr.write(`hufu: its own Node 24 cannot be started (${message}); run npm ci in the checkout\n`);
  process.exitCode = 3;
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const name of forwarded) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
