import { settings } from "../state/settings.svelte";
import { de } from "./de";
import { en, type Words } from "./en";

const TABLES: Record<typeof settings.language, Words> = { en, de };

/** The words of the language that is chosen; read anew where they are shown. */
export const words = {
  get t(): Words {
    return TABLES[settings.language];
  },
};
