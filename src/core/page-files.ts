/** Describes the files of the page at `/` and how a server has to serve them. */

export interface PageFile {
  /** Below `/`, such as `assets/index-B1o2.js`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** In the order of their paths; `index.html` is the page itself. */
export type PageFiles = readonly PageFile[];

/** Content-Security-Policy: own files and own server only, without inline code. */
export const PAGE_POLICY: Readonly<Record<string, readonly string[]>> = {
  "default-src": ["'none'"],
  // hash-wasm embeds its WebAssembly in its script
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

/** One year (RFC 9111 section 5.2.2.1, RFC 8246). */
const IMMUTABLE = "public, max-age=31536000, immutable";

export function pageUrl({ path }: PageFile): string {
  return path === "index.html" ? "/" : `/${path}`;
}

export function pageType({ path }: PageFile): string {
  return TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
}

/** Names under `assets/` are derived from contents; the other files are revalidated on each request. */
export function pageCaching({ path }: PageFile): string {
  return path.startsWith("assets/") ? IMMUTABLE : "no-cache";
}
