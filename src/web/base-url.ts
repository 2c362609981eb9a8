/** Where the service of this page is. */

/** The page's own folder: its service answers at the same path of the same origin. Without a slash at its end. */
export function baseUrl(): string {
  return new URL(".", location.href).href.replace(/[/]$/, "");
}
