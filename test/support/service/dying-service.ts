/**
 * Runs a service like that of `hufu serve`, which kills itself with SIGKILL at the N-th passing of a step: DIE_AT=stored:3.
 */
import { pino } from "pino";
import { readServiceConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { startService } from "../../../src/main/service.ts";

const [step, passings] = (process.env["DIE_AT"] ?? "").split(":");
let left = Number(passings);

const service = await startService(readServiceConfig(), {
  clock: systemClock,
  log: pino({ level: "error" }, pino.destination(2)),
  failpoint: (passed) => {
    if (passed === step && --left === 0) process.kill(process.pid, "SIGKILL");
  },
});
process.stdout.write(`${service.credentials}\n`);
