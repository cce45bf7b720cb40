/** A megabyte, as messages and options mean it. */
export const BYTES_PER_MEGABYTE = 1024 * 1024;
