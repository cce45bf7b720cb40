/** Until everything that could run has run: Node runs this after all promise callbacks. */
export const allIsQuiet = async () => await new Promise<void>((resolve) => setImmediate(resolve));
