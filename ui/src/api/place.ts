// Where we are: the page says in its <base> where `/ui/` is, also below a prefix of a reverse proxy.

/** The address of the UI's home; ends with a slash. */
export const HOME = new URL("./", document.baseURI);
/** The address of the server's root; ends with a slash. */
export const ROOT = new URL("../", HOME);

/** The address of a route of the server: `api/queue`. */
export function address(path: string): string {
  return new URL(path, ROOT).href;
}

/** A model's id as part of a path. Slashes stay: routes take all that follows as the id. */
export function inPath(model: string): string {
  return model.split("/").map(encodeURIComponent).join("/");
}
