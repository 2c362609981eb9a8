import { scriptUrl } from "./trusted-url.ts";

/**
 * Has the browser keep the page for when there is no network. Resolves once it is kept; false where the browser does not do
 * that: on an origin that is not secure (plain HTTP, but for this machine), or where the user does not let it.
 */
export async function keepPage(): Promise<boolean> {
  if (!("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register(scriptUrl("/service-worker.js"), { updateViaCache: "none" });
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    return false;
  }
}
