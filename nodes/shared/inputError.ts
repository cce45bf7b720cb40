/**
 * An input that cannot be used, with a message that tells the user why and what to do. Thrown by the
 * functions that read an item's parameters, and turned into that item's error in one place.
 */
export class InputError extends Error {}
