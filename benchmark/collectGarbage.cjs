/**
 * Loaded into n8n: collects its garbage on SIGUSR2, so that its memory shows what is still in use.
 * Twice, since V8 frees some of it only at the second time.
 */
process.on('SIGUSR2', () => {
	globalThis.gc();
	setTimeout(() => globalThis.gc(), 3_000);
});
