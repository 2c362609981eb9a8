/** What the page may load as a script: only its own files. The policy's name is in the Content-Security-Policy. */
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
/** Browsers without Trusted Types take the same address as text. */
const policy = trustedTypes?.createPolicy("hufu", rules) ?? rules;

/**
 * The address of a worker as the browser takes it: `new Worker(scriptUrl(url), { type: "module" })`, where `url` is
 * imported with `?worker&url`.
 * @throws TypeError it is not the page's own
 */
export function scriptUrl(url: string): string {
  return policy.createScriptURL(url);
}
