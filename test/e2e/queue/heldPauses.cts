import { eventually } from '../../support/eventually.cts';
import type { Postgres } from '../harness/postgres.cts';

/** Those that wait for the lock that `holdPauses` keeps. */
const HELD = "FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";

/** Executions that PostgreSQL is about to store as paused. */
export interface HeldPauses {
	until(count: number): Promise<void>;
	/** Drops them, as where n8n's process is killed before they are stored, and holds no more. */
	discard(): Promise<void>;
}

/** Lets PostgreSQL hold each execution in the moment at which n8n stores it as paused. */
export async function holdPauses({ query, openSession }: Postgres): Promise<HeldPauses> {
	await query(`
		CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
		CREATE TRIGGER hold BEFORE UPDATE ON execution_entity FOR EACH ROW
			WHEN (NEW.status = 'waiting') EXECUTE FUNCTION hold();`);
	const endSession = await openSession('SELECT pg_advisory_lock(1)');
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
