/** Starts the page. */
import "./schemas.ts";
import { render } from "preact";
import { systemClock } from "../core/clock.ts";
import { App } from "./app.tsx";
import { hashingWorker } from "./hashing.ts";
import { baseUrl } from "./base-url.ts";
import { registerServiceWorker } from "./register-service-worker.ts";
import { firstLanguage, loadLanguage } from "./page-context.ts";
import { Session } from "./session.ts";
import { showVisibly } from "./visible-text.ts";
import "./style.css";

showVisibly();
const session = new Session({
  server: baseUrl(),
  hash: hashingWorker(),
  clock: systemClock,
  fetch: (input, init) => fetch(input, init),
  wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
});

void registerServiceWorker();
const root = document.getElementById("page");
// read in advance, so that a check sends one request only; a failed read is repeated by the check
session.directory().catch(() => undefined);
if (root !== null) render(<App session={session} first={await loadLanguage(firstLanguage())} />, root);
