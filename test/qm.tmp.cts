import { startQueueMode } from '/work/wt/harness/test/e2e/harness/queueMode.cts';
(async () => {
	for (let i = 0; i < 1; i += 1) {
	const t = Date.now();
	const q = await startQueueMode({ workers: 2, webhookProcesses: 2, log: (l) => console.log(((Date.now() - t) / 1000).toFixed(1), l) });
	console.log('ready', (Date.now() - t) / 1000, q.main.pid, q.workers.map((w) => w.pid), q.proxy.url);
	const d = Date.now();
	await q.dispose();
	console.log('disposed', (Date.now() - d) / 1000);
	}
})();
