/** Registers the service worker, which caches the page for offline use. */
import { scriptUrl } from "./trusted-url.ts";

/** Does nothing in an insecure context, or where the user does not allow service workers. */
export async function registerServiceWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(scriptUrl("./service-worker.js"), { updateViaCache: "none" });
  } catch {
    // the page works without it
  }
}
