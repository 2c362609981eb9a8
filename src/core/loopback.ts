/** Decides whether a host is this machine. */

const LOOPBACK = /^(localhost|(\[::1\]|::1)|127(\.\d{1,3}){3})$/i;

/** Whether a host's name or address is this machine alone; other names for it, which a resolver may change, are not. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The host of a Host header, in lower case without its port; undefined where it is none. */
export function hostOf(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:/@\s]+)(:\d{0,5})?$/i.exec(header ?? "")?.[1]?.toLowerCase();
}
