/** When n8n loaded the node, which it does while it starts; on the monotonic clock. */
export const LOADED_AT_MS = performance.now();
