import "./schemas.ts";
import { render } from "preact";
import { systemClock } from "../core/clock.ts";
import { App } from "./app.tsx";
import { hashingWorker } from "./hashing.ts";
import { keepPage } from "./keep-page.ts";
import { firstLanguage, loadLanguage } from "./reading.ts";
import { Session } from "./session.ts";
import "./style.css";

const session = new Session({
  server: location.origin,
  hash: hashingWorker(),
  clock: systemClock,
  fetch: (input, init) => fetch(input, init),
  wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
});

void keepPage();
const place = document.getElementById("page");
// asked for now, so that a file that is checked sends its fingerprint alone; without an answer it is asked for then
session.directory().catch(() => undefined);
if (place !== null) render(<App session={session} first={await loadLanguage(firstLanguage())} />, place);
