/** What a script of proxies is asked, in a process of its own. */
export interface Question {
  readonly script: string;
  readonly urls: readonly string[];
  /** How long the script may compute over all of them, milliseconds. */
  readonly patienceMs: number;
}

/** What comes back: what the script says of each URL, or why it says nothing. */
export type Reply =
  | { readonly answers: readonly string[] }
  | { readonly fault: string }
  /** A package that is not installed, and what was said of it. */
  | { readonly missing: string };

/** The proxy for a URL, as a script names it. */
export interface PacChoice {
  readonly url: string;
  /** As the script gave it, white space squeezed. */
  readonly answer: string;
  /** `host:port` of the first plain HTTP proxy that the answer names. */
  readonly proxy: string;
  /** All of them, that one first, each once. */
  readonly proxies: readonly string[];
  /** What the answer names before it (beside them, for whoever goes to all), and a run cannot go through: "SOCKS 10.0.0.9:1080". */
  readonly passedOver: readonly string[];
}
