export type Theme = "system" | "light" | "dark";
export type Language = "en" | "de";

function stored<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  const value = localStorage.getItem(`modelyard.${name}`) as T | null;
  return value !== null && allowed.includes(value) ? value : otherwise;
}

/** What this browser prefers. Nothing of it is kept on the server. */
class Settings {
  #theme = $state<Theme>(stored("theme", ["system", "light", "dark"], "system"));
  #language = $state<Language>(stored("language", ["en", "de"], navigator.language.startsWith("de") ? "de" : "en"));

  get theme(): Theme {
    return this.#theme;
  }

  set theme(value: Theme) {
    this.#theme = value;
    localStorage.setItem("modelyard.theme", value);
    this.apply();
  }

  get language(): Language {
    return this.#language;
  }

  set language(value: Language) {
    this.#language = value;
    localStorage.setItem("modelyard.language", value);
    this.apply();
  }

  /** How dates and numbers are written: as the browser likes it, where that is of the same language. */
  get locale(): string {
    return navigator.languages.find((locale) => locale.startsWith(this.#language)) ?? this.#language;
  }

  /** Let the page look and speak so. */
  apply(): void {
    const { documentElement: page } = document;
    page.lang = this.#language;
    if (this.#theme === "system") delete page.dataset.theme;
    else page.dataset.theme = this.#theme;
  }
}

export const settings = new Settings();
