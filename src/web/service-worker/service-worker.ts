/**
 * Keeps the page where there is no network. It answers for the page's own files and for nothing else: what is asked about a
 * document goes to the server, or fails. A new release is used once every tab of the old one is closed.
 */
declare const self: ServiceWorkerGlobalScope;
/** Where the files of this release are, and what tells it from others: put in when the page is built. */
declare const __PAGE_URLS__: readonly string[];
declare const __PAGE_VERSION__: string;

const CACHES = "hufu-page-";
const CACHE = `${CACHES}${__PAGE_VERSION__}`;

self.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forgetOthers(), self.clients.claim()]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || !__PAGE_URLS__.includes(pathname))
    return;
  event.respondWith(pathname === "/" ? newest(request) : kept(request));
});

/** As the server has them now, not as an older copy on the way does. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(__PAGE_URLS__.map((url) => new Request(url, { cache: "reload" })));
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(CACHES) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** The page as the server has it; the kept one where the server does not answer, or something before it says it is away. */
async function newest(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    return response.status < 500 ? response : ((await inCache(request)) ?? response);
  } catch (error) {
    const found = await inCache(request);
    if (found === undefined) throw error;
    return found;
  }
}

/** Names of these follow from their contents: a kept one is the one that is asked for. */
async function kept(request: Request): Promise<Response> {
  return (await inCache(request)) ?? (await fetch(request));
}

async function inCache(request: Request): Promise<Response | undefined> {
  const cache = await caches.open(CACHE);
  return await cache.match(request, { ignoreSearch: true, ignoreVary: true });
}
