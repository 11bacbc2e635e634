/** What engines take. */
export const PICTURE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
export const MOST_PICTURES = 5;
export const LARGEST_PICTURE = 20_000_000;

export type Refusal = "type" | "size" | "count";

/** Pictures of files as data URLs, as far as they may be sent beside those that are there; and why others may not. */
export async function picturesOf(
  files: Iterable<File>,
  there: number,
): Promise<{ pictures: string[]; refused: Refusal[] }> {
  const refused: Refusal[] = [];
  const taken: File[] = [];
  for (const file of files) {
    if (!PICTURE_TYPES.includes(file.type)) refused.push("type");
    else if (file.size > LARGEST_PICTURE) refused.push("size");
    else if (there + taken.length >= MOST_PICTURES) refused.push("count");
    else taken.push(file);
  }
  return { pictures: await Promise.all(taken.map(dataUrl)), refused: [...new Set(refused)] };
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}
