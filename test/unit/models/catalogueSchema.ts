/**
 * What the catalogue must be. The types that ship with it (catalogueTypes.ts) say the same; that the
 * data keeps to it is proved here and not at run time, where it would cost each start of n8n.
 */
import { z } from 'zod/v4';

import { CATEGORY_VALUES } from '../../../nodes/shared/models/categories';
import type {
	CatalogueModel,
	Limits,
	ModelInput,
} from '../../../nodes/shared/models/catalogueTypes';

const INPUT_TYPES = [
	'string',
	'integer',
	'number',
	'boolean',
	'url[]',
	'object[]',
	'array',
] as const;

const LIMITS = {
	enum: z
		.array(z.union([z.string(), z.number()]))
		.min(1)
		.optional(),
	min: z.number().optional(),
	max: z.number().optional(),
	step: z.number().positive().optional(),
	minLength: z.int().nonnegative().optional(),
	maxLength: z.int().positive().optional(),
	minItems: z.int().positive().optional(),
	maxItems: z.int().positive().optional(),
};
const limitsSchema = z.strictObject(LIMITS);

const reason = z.string().min(1);
const disputesSchema = z.strictObject({
	input: reason.optional(),
	type: reason.optional(),
	values: reason.optional(),
	letterCase: reason.optional(),
	limits: reason.optional(),
	required: reason.optional(),
});

const inputSchema = z.strictObject({
	name: z.string().min(1),
	type: z.enum(INPUT_TYPES),
	description: z.string().min(1),
	unit: z.literal('seconds').optional(),
	required: z.union([z.literal(true), z.array(z.string()).min(1)]).optional(),
	modes: z.array(z.string()).min(1).optional(),
	...LIMITS,
	fileTypes: z
		.array(z.string().regex(/^\w+\/[\w.+-]+$/))
		.min(1)
		.optional(),
	maxFileMegabytes: z.int().positive().optional(),
	default: z.union([z.string(), z.number(), z.boolean()]).optional(),
	example: z.union([z.string(), z.number()]).optional(),
	inMode: z.record(z.string(), limitsSchema).optional(),
	deprecated: z.literal(true).optional(),
	disputed: disputesSchema.optional(),
});

const modelSchema = z.strictObject({
	id: z.string().min(1),
	title: z.string().min(1),
	vendor: z.string().min(1).optional(),
	category: z.enum(CATEGORY_VALUES),
	speed: z.enum(['fast', 'highQuality']).optional(),
	modes: z.array(z.string().min(1)),
	inputs: z.array(inputSchema),
	polling: z
		.strictObject({
			initialWaitSeconds: z.number().min(1).optional(),
			intervalSeconds: z.number().min(1).optional(),
			timeoutSeconds: z.number().min(1).optional(),
		})
		.optional(),
	typicalSeconds: z
		.strictObject({ min: z.number().positive(), max: z.number().positive() })
		.optional(),
	price: z.string().min(1).optional(),
	notes: z.string().min(1).optional(),
	sourceUrl: z.url().optional(),
	confidence: z.enum(['page', 'snippet', 'name-only']),
});

/** Minimum and maximum that must not cross. */
const RANGES = [
	['min', 'max'],
	['minLength', 'maxLength'],
	['minItems', 'maxItems'],
] as const;

function limitErrors(own: Limits): string[] {
	return RANGES.filter(([low, high]) => (own[low] ?? -Infinity) > (own[high] ?? Infinity)).map(
		([low, high]) => `${low} ${own[low]} is above ${high} ${own[high]}`,
	);
}

function enumErrors(
	type: ModelInput['type'],
	values: Limits['enum'],
	value: ModelInput['default'],
) {
	const errors: string[] = [];
	const wanted = type === 'string' ? 'string' : 'number';
	for (const entry of values ?? []) {
		if (typeof entry !== wanted) errors.push(`enum value ${entry} is not of type ${type}`);
	}
	if (values && value !== undefined && !values.some((entry) => entry === value)) {
		errors.push(`default ${value} is not in the enum`);
	}
	return errors;
}

function defaultErrors({ type, default: value, min, max }: ModelInput): string[] {
	if (value === undefined) return [];
	const wanted = type === 'integer' ? 'number' : type;
	if (typeof value !== wanted) return [`default ${value} is not of type ${type}`];
	if (typeof value === 'number' && (value < (min ?? value) || value > (max ?? value))) {
		return [`default ${value} is outside min and max`];
	}
	return [];
}

function inputErrors(model: CatalogueModel, input: ModelInput): string[] {
	const named = [
		...(input.modes ?? []),
		...(Array.isArray(input.required) ? input.required : []),
		...Object.keys(input.inMode ?? {}),
	];
	const errors = named
		.filter((mode) => !model.modes.includes(mode))
		.map((mode) => `mode '${mode}' is not a mode of the model`);
	if (Array.isArray(input.required) && input.modes) {
		const elsewhere = input.required.filter((mode) => !input.modes?.includes(mode));
		if (elsewhere.length) errors.push(`required in ${elsewhere}, where it does not apply`);
	}
	if (input.name === 'mode') {
		if (input.type !== 'string') errors.push('type must be string');
		if (input.enum) errors.push("enum must be left out, the model's modes are its values");
	}
	if ((input.fileTypes ?? input.maxFileMegabytes) !== undefined && input.type !== 'url[]') {
		errors.push('fileTypes and maxFileMegabytes belong to an input of type url[]');
	}
	const values = input.name === 'mode' ? model.modes : input.enum;
	errors.push(...enumErrors(input.type, values, input.default), ...defaultErrors(input));
	errors.push(...limitErrors(input));
	for (const [mode, own] of Object.entries(input.inMode ?? {})) {
		const inThisMode = [
			...limitErrors({ ...input, ...own }),
			...enumErrors(input.type, own.enum, undefined),
		];
		errors.push(...inThisMode.map((error) => `in mode '${mode}' ${error}`));
	}
	return errors;
}

function repeated(values: string[]): string[] {
	return values.filter((value, index) => values.indexOf(value) !== index);
}

function modelErrors(model: CatalogueModel): string[] {
	const errors = repeated(model.modes).map((mode) => `mode '${mode}' is listed twice`);
	for (const name of repeated(model.inputs.map((input) => input.name))) {
		errors.push(`input '${name}' is listed twice`);
	}
	for (const input of model.inputs) {
		errors.push(...inputErrors(model, input).map((error) => `input '${input.name}': ${error}`));
	}
	if (model.typicalSeconds && model.typicalSeconds.min > model.typicalSeconds.max) {
		errors.push('typicalSeconds: min is above max');
	}
	if ((model.category === 'image') !== (model.speed !== undefined)) {
		errors.push('speed belongs to every image model, and to no other');
	}
	if (model.confidence === 'name-only' && model.inputs.length) {
		errors.push("a model of confidence 'name-only' has no inputs");
	}
	return errors;
}

/** The whole catalogue, with its cross-checks: each error names the model and the input. */
export const catalogueSchema = z.array(modelSchema).superRefine((models, context) => {
	for (const id of repeated(models.map((model) => model.id))) {
		context.addIssue({ code: 'custom', message: `Model '${id}' is listed twice` });
	}
	for (const model of models) {
		for (const error of modelErrors(model)) {
			context.addIssue({ code: 'custom', message: `Model '${model.id}': ${error}` });
		}
	}
});
