/** How the server knows that the requests of this page belong together. */
export const SESSION = `modelyard-${Math.random().toString(36).slice(2, 8)}`;
