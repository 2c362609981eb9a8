/** Restricts script URLs to the page's own origin by a Trusted Types policy, which the Content-Security-Policy names. */
interface ScriptUrls {
  createScriptURL(url: string): string;
}

const rules: ScriptUrls = {
  createScriptURL: (url) => {
    const { origin, href } = new URL(url, location.href);
    if (origin !== location.origin) throw new TypeError("a script of another origin");
    return href;
  },
};

const { trustedTypes } = globalThis as {
  trustedTypes?: { createPolicy(name: string, rules: ScriptUrls): ScriptUrls };
};
/** Browsers without Trusted Types take the URL as text. */
const policy = trustedTypes?.createPolicy("hufu", rules) ?? rules;

/**
 * The URL of a worker: `new Worker(scriptUrl(url), { type: "module" })`, where `url` is
 * imported with `?worker&url`.
 * @throws TypeError it is of another origin
 */
export function scriptUrl(url: string): string {
  return policy.createScriptURL(url);
}
