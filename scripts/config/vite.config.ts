/** Builds the page at `/`; file names contain content hashes, so two builds of the same sources are identical. */
import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

const WEB = `${import.meta.dirname}/../../src/web`;
const SERVICE_WORKER = "service-worker";

/** Inserts the paths of all files, and a hash of them, into the service worker. */
function pageFiles(): Plugin {
  return {
    name: "page-files",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const worker = bundle[`${SERVICE_WORKER}.js`];
        if (worker?.type !== "chunk") throw new Error("there is no service worker");
        const others = Object.values(bundle)
          .filter((file) => file !== worker)
          .sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
        const hash = createHash("sha256");
        for (const file of others)
          hash.update(file.fileName).update(file.type === "chunk" ? file.code : file.source);
        const urls = others.map(({ fileName }) => (fileName === "index.html" ? "./" : `./${fileName}`));
        worker.code = worker.code
          .replaceAll("__PAGE_URLS__", JSON.stringify(urls))
          .replaceAll("__PAGE_VERSION__", JSON.stringify(hash.digest("hex").slice(0, 16)));
      },
    },
  };
}

export default defineConfig({
  root: WEB,
  // a proxy may serve the page at any path
  base: "./",
  publicDir: false,
  logLevel: "warn",
  clearScreen: false,
  plugins: [pageFiles()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // nothing inline: the Content-Security-Policy forbids it
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: `${WEB}/index.html`, [SERVICE_WORKER]: `${WEB}/${SERVICE_WORKER}/service-worker.ts` },
      output: {
        // a browser looks for a new service worker under the name of the old one
        entryFileNames: ({ name }) => (name === SERVICE_WORKER ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
