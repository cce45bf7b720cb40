import type { FastifyInstance } from 'fastify';
import { ZodError, z } from 'zod/v4';
import { faultSchema, planMatchSchema, taskPlanSchema } from './plan.cts';
import type { FaultWords } from './plan.cts';
import type { Simulator } from './simulator.cts';

const endpointSchema = z.enum([
	'generateTask',
	'statusTask',
	'balance',
	'schemaIndex',
	'file',
	'other',
]);
const optionalText = z.string().optional();

const requestsQuery = z.strictObject({
	endpoint: endpointSchema.optional(),
	taskId: optionalText,
	model: optionalText,
});
const planBody = z.strictObject({ match: planMatchSchema.default({}), plan: taskPlanSchema });
const faultBody = z.strictObject({ endpoint: endpointSchema, faults: z.array(faultSchema) });
const outageBody = z.strictObject({
	endpoint: endpointSchema.default('statusTask'),
	fault: z.union([faultSchema, z.custom<FaultWords>((value) => typeof value === 'string')]),
	seconds: z.number().min(0).optional(),
});
const endOutageBody = outageBody.pick({ endpoint: true });
const finishBody = z.strictObject({
	taskId: z.string(),
	outcome: z.enum(['success', 'failed']).optional(),
});
const callbackBody = z.strictObject({
	taskId: z.string(),
	times: z.number().int().min(1).optional(),
	atOnce: z.boolean().optional(),
	url: optionalText,
	body: z.unknown().optional(),
	headers: z.record(z.string(), z.string()).optional(),
});

/** The control over HTTP, for whoever started the simulator as a program: under `/_simulator/`. */
export function addControlRoutes(server: FastifyInstance, simulator: () => Simulator): void {
	server.register(
		async (routes) => {
			routes.setErrorHandler(async (error: Error, _request, reply) => {
				const message = error instanceof ZodError ? z.prettifyError(error) : error.message;
				return await reply.code(400).send({ error: message });
			});
			routes.get('/requests', async ({ query }) =>
				simulator().requests(requestsQuery.parse(query)),
			);
			routes.get('/tasks', async () => simulator().tasks());
			routes.get('/counts', async () => simulator().counts());
			routes.post('/plan', async ({ body }) => {
				const { match, plan } = planBody.parse(body);
				simulator().plan(match, plan);
				return { ok: true };
			});
			routes.post('/fault', async ({ body }) => {
				const { endpoint, faults } = faultBody.parse(body);
				simulator().faultNext(endpoint, faults);
				return { ok: true };
			});
			routes.post('/outage', async ({ body }) => {
				const { endpoint, fault, seconds } = outageBody.parse(body);
				simulator().outage(endpoint, fault, seconds);
				return { ok: true };
			});
			routes.post('/endOutage', async ({ body }) => {
				simulator().endOutage(endOutageBody.parse(body ?? {}).endpoint);
				return { ok: true };
			});
			routes.post('/finish', async ({ body }) => {
				const { taskId, outcome } = finishBody.parse(body);
				simulator().finish(taskId, outcome);
				return simulator().task(taskId);
			});
			routes.post('/callback', async ({ body }) => {
				const { taskId, ...by } = callbackBody.parse(body);
				return await simulator().sendCallback(taskId, by);
			});
			routes.post('/reset', async () => {
				simulator().reset();
				return { ok: true };
			});
		},
		{ prefix: '/_simulator' },
	);
}
