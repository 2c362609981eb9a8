/** The page at `/`: its files, and how they are served. What a server serves is compared with this. */
export interface PageFile {
  /** Below `/`, such as `assets/index-B1o2.js`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** In the order of their paths; the one called `index.html` is the page itself. */
export type PageFiles = readonly PageFile[];

/** Scripts, styles and workers are the page's own files; it asks nobody but its own server; nothing is inline. */
export const PAGE_POLICY: Readonly<Record<string, readonly string[]>> = {
  "default-src": ["'none'"],
  // hash-wasm brings its WebAssembly within its script
  "script-src": ["'self'", "'wasm-unsafe-eval'"],
  "worker-src": ["'self'"],
  "connect-src": ["'self'"],
  "style-src": ["'self'"],
  "img-src": ["'self'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
  "frame-ancestors": ["'none'"],
  "require-trusted-types-for": ["'script'"],
  "trusted-types": ["hufu"],
};

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** A year, the longest that caches count (RFC 9111 section 5.2.2.1, RFC 8246). */
const FOR_EVER = "public, max-age=31536000, immutable";

/** Where a file is served. */
export function pageUrl({ path }: PageFile): string {
  return path === "index.html" ? "/" : `/${path}`;
}

/** The Content-Type of a file. */
export function pageType({ path }: PageFile): string {
  return TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
}

/** Names under `assets/` follow from contents; what has a name that stays is asked for again each time. */
export function pageCaching({ path }: PageFile): string {
  return path.startsWith("assets/") ? FOR_EVER : "no-cache";
}
