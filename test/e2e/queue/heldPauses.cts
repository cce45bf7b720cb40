import { eventually } from '../../support/eventually.cts';
import type { Postgres } from '../harness/postgres.cts';

/** Of the lock that `holdPauses` keeps; n8n has others. */
const KEY = 20_261_128;
/** Those that wait for it. */
const HELD = `FROM pg_locks WHERE locktype = 'advisory' AND objid = ${KEY} AND NOT granted`;

/** Executions that PostgreSQL is about to store as paused. */
export interface HeldPauses {
	until(count: number): Promise<void>;
	/** Discards them, as if n8n had been killed before storing them, and stops holding. */
	discard(): Promise<void>;
}

/** Lets PostgreSQL hold each execution in the moment at which n8n stores it as paused. */
export async function holdPauses({ query, openSession }: Postgres): Promise<HeldPauses> {
	await query(`
		CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN PERFORM pg_advisory_xact_lock(${KEY}); RETURN NEW; END $$;
		CREATE TRIGGER hold BEFORE UPDATE ON execution_entity FOR EACH ROW
			WHEN (NEW.status = 'waiting') EXECUTE FUNCTION hold();`);
	const endSession = await openSession(`SELECT pg_advisory_lock(${KEY})`);
	return {
		until: async (count) => {
			await eventually(`${count} executions to be held`, async () => {
				const held = Number(await query(`SELECT count(*) ${HELD}`));
				return held === count || undefined;
			});
		},
		discard: async () => {
			await query(`SELECT pg_terminate_backend(pid) ${HELD}`);
			await query('DROP TRIGGER hold ON execution_entity; DROP FUNCTION hold');
			await endSession();
		},
	};
}
