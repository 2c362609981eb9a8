/**
 * Serves the page's own files from a cache when the service cannot be reached. API requests are never intercepted. A new
 * release takes effect once every tab of the old one is closed.
 */
declare const self: ServiceWorkerGlobalScope;
/** URLs of the files of this release, relative to the page, and a hash of them; inserted by the build. */
declare const __PAGE_URLS__: readonly string[];
declare const __PAGE_VERSION__: string;

/** Several services may be at one origin, under paths. */
const CACHE_PREFIX = `hufu-page ${self.registration.scope} `;
const CACHE = `${CACHE_PREFIX}${__PAGE_VERSION__}`;
const PAGE = pathOf("./");
const PATHS = __PAGE_URLS__.map(pathOf);

function pathOf(url: string): string {
  return new URL(url, self.location.href).pathname;
}

self.addEventListener("install", (event) => {
  event.waitUntil(fillCache());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([deleteOldCaches(), self.clients.claim()]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || !PATHS.includes(pathname)) return;
  event.respondWith(pathname === PAGE ? networkFirst(request) : cacheFirst(request));
});

/** `reload` passes over the HTTP cache. */
async function fillCache(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(PATHS.map((path) => new Request(path, { cache: "reload" })));
}

async function deleteOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The cached page where the server does not answer, or a proxy answers 5xx for it. */
async function networkFirst(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    return response.status < 500 ? response : ((await cached(request)) ?? response);
  } catch (error) {
    const found = await cached(request);
    if (found === undefined) throw error;
    return found;
  }
}

/** For files whose names contain the hash of their contents. */
async function cacheFirst(request: Request): Promise<Response> {
  return (await cached(request)) ?? (await fetch(request));
}

async function cached(request: Request): Promise<Response | undefined> {
  const cache = await caches.open(CACHE);
  return await cache.match(request, { ignoreSearch: true, ignoreVary: true });
}
