// Elements, made without ever reading a text as markup.

// What a reader would not see as it is meant: control characters, what hides or reorders its
// neighbours. The same as src/report/character.c.
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

export function plain(text: string): string {
  return text.replace(/[\t\r\n]+/g, " ").replace(HIDDEN, "\ufffd");
}

export type Child = Node | string | number | null | undefined | false | Child[];
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, String(value));
  }
  for (const child of children.flat(9) as Child[])
    if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false)
      element.append(plain(String(child)));
}

export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

// A link for https and http alone; what else an advisory brings is shown as text.
export function link(url: string): Node {
  if (!/^https?:\/\/[^\s]+$/i.test(url)) return document.createTextNode(plain(url));
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}

export function count(n: number, one: string, many: string): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}
