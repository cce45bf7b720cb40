/** When n8n loaded the node, which it does while it starts; by a clock that nobody sets. */
export const LOADED_AT_MS = performance.now();
