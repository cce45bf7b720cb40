import { allModels } from '../../shared/models/catalogue';
import { usualDuration } from './modelFacts';

/** What the output panel of a paused node says, as an expression: for how long it may be, too. */
export function waitingTooltip(): string {
	const durations = Object.fromEntries(
		allModels().flatMap((model) => {
			const duration = usualDuration(model);
			return duration === undefined ? [] : [[model.id, ` It usually takes ${duration}.`]];
		}),
	);
	const duration = `(${JSON.stringify(durations)})[$parameter["model"]?.value ?? $parameter["model"]] ?? ""`;
	const text = [
		'"Waiting for APIXO to finish the task."',
		`(${duration})`,
		'" You can close this tab. If APIXO\'s callback doesn\'t arrive, n8n polls the task."',
	];
	return `={{ ${text.join(' + ')} }}`;
}
