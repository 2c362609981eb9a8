/** Shows every text of the page by the rule of `visible`: names of the registry, of files and of services may hold anything. */
import { options } from "preact";
import { visible } from "../core/visible.ts";

/** Called once, before the first element is made. */
export function showVisibly(): void {
  options.vnode = (vnode) => {
    const node: { props: unknown } = vnode; // of a text, its characters
    if (typeof node.props === "string") node.props = visible(node.props);
  };
}
