import { createHash } from 'node:crypto';
import { mergePlans, planInInput } from './plan.cts';
import type { Fault, PlanMatch, TaskPlan } from './plan.cts';

/** What was decided for one submit request. */
export interface Choice {
	plan: TaskPlan;
	/** What goes wrong with this request; nothing when undefined. */
	submitFault?: Fault;
}

interface Rule {
	match: PlanMatch;
	plan: TaskPlan;
	/** Tasks made of matching submits since the rule was given. */
	made: number;
	faultsUsed: number;
}

interface Submit {
	model: string;
	input: Record<string, unknown>;
}

/** Knows which plan a submit gets: the defaults, a rule of the test over them, the request's own on top. */
export class PlanBook {
	private rules: Rule[] = [];
	private faultsUsedOfDefaults = 0;
	/** How often a request with faults of its own came, by its content. */
	private readonly attempts = new Map<string, number>();

	constructor(private readonly defaults: TaskPlan) {}

	/** Adds a rule; the newest that matches wins. */
	add(match: PlanMatch, plan: TaskPlan): void {
		this.rules.unshift({ match, plan, made: 0, faultsUsed: 0 });
	}

	/**
	 * Decides on a submit. Takes up the next of its submit faults, unless `takeFault` is false.
	 * Throws a ZodError when the request carries a plan that is none.
	 */
	choose(submit: Submit, takeFault: boolean): Choice {
		const own = planInInput(submit.input);
		const rule = this.rules.find(
			({ match, made }) =>
				concerns(match, submit) && (match.nth === undefined || match.nth === made + 1),
		);
		const plan = mergePlans(this.defaults, rule?.plan ?? {}, own);
		if (!takeFault || !plan.submitFaults) return { plan };
		return { plan, submitFault: plan.submitFaults[this.countFault(submit, own, rule)] };
	}

	/** Counts a task that was made, for rules that name the n-th. */
	made(submit: Submit): void {
		for (const rule of this.rules) if (concerns(rule.match, submit)) rule.made += 1;
	}

	/** Forgets all rules and counts. */
	clear(): void {
		this.rules = [];
		this.faultsUsedOfDefaults = 0;
		this.attempts.clear();
	}

	private countFault(submit: Submit, own: TaskPlan, rule: Rule | undefined): number {
		if (own.submitFaults) {
			const content = createHash('sha256').update(JSON.stringify(submit)).digest('hex');
			const attempt = this.attempts.get(content) ?? 0;
			this.attempts.set(content, attempt + 1);
			return attempt;
		}
		if (rule?.plan.submitFaults) return rule.faultsUsed++;
		return this.faultsUsedOfDefaults++;
	}
}

function concerns(match: PlanMatch, { model, input }: Submit): boolean {
	if (match.model !== undefined && match.model !== model) return false;
	return match.promptIncludes === undefined || String(input.prompt).includes(match.promptIncludes);
}
