/** Let the browser keep something as a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser begins to read it in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
