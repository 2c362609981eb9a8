/**
 * Attacks a personal document by guessing: `npm run attack:dictionary`. The page is the same for each person except for the
 * identity card number, of which all 26 million one-letter ones are tried.
 */
import { availableParallelism } from "node:os";
import { attack } from "./attack.ts";
import { play } from "./scene.ts";
import { COUNT, identityNumber } from "./template.ts";

const OPEN = identityNumber(123_456);
const BLINDED = identityNumber(25_654_321);

const { held, blinder } = await play({ open: OPEN, blinded: BLINDED });
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
say(
  `The attacker holds ${(held.bytes / 1e6).toFixed(1)} MB: chain, tiles, database, files and logs of the service.`,
);
say(
  `The page of ${OPEN} was recorded open, that of ${BLINDED} blinded. ${availableParallelism()} cores guess ${COUNT} numbers.`,
);
let failed = false;
for (const [what, expected, options] of [
  ["without a salt", [OPEN], { algorithms: ["sha256", "sm3"] }],
  ["with the blinded page's salt", [BLINDED], { algorithms: ["sha256"], blinder }], // its entry says by which
] as const) {
  const started = performance.now();
  const found = await attack(held, { count: COUNT, ...options });
  const seconds = (performance.now() - started) / 1000;
  say(
    JSON.stringify({
      what,
      tried: COUNT,
      found,
      seconds: Math.round(seconds),
      perSecond: Math.round(COUNT / seconds),
    }),
  );
  failed ||= found.join() !== expected.join();
}
say(
  failed
    ? "Something else fell than should."
    : "The open page falls to whoever guesses; the blinded one falls with its salt alone.",
);
process.exitCode = failed ? 1 : 0;
