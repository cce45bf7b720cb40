import { readState } from '../../../../nodes/Apixo/actions/task/taskParameters';
import { openReadSession } from '../../../../nodes/Apixo/run/session';
import { FakeExecution } from '../fakeExecution';

const MINUTE_MS = 60_000;

describe('the session of an operation that only reads', () => {
	it('ends before n8n ends the execution', async () => {
		const deadlineMs = Date.now() + MINUTE_MS;
		const { latestMs } = await openReadSession(new FakeExecution({ deadlineMs }).context);
		expect(latestMs).toBe(deadlineMs - 3_000);
	});

	it('has no end where n8n never ends the execution', async () => {
		const session = await openReadSession(new FakeExecution().context);
		expect(session.latestMs).toBeUndefined();
	});

	it('sends no status request after its end', async () => {
		const http = jest.fn(async () => ({}));
		const session = await openReadSession(new FakeExecution({ http }).context);
		const read = await readState({ ...session, latestMs: Date.now() - 1 }, 'nano-banana', 'b6c1');
		expect(read).toMatchObject({ ok: false, error: { task: { taskId: 'b6c1' } } });
		expect(http).not.toHaveBeenCalled();
	});
});
