import { defineConfig } from "vite";

/** The page at `/`. Names follow from contents, so that two builds of the same sources are the same files. */
export default defineConfig({
  root: `${import.meta.dirname}/../../src/web`,
  publicDir: false,
  logLevel: "warn",
  clearScreen: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // nothing inline: the Content-Security-Policy forbids it
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
  },
});
