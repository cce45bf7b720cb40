import { z } from 'zod/v4';

/** What APIXO makes with a model. */
export const categories = ['image', 'video', 'audio'] as const;
export type Category = (typeof categories)[number];

/** `url[]`: addresses of media, as APIXO takes no uploads. `array`, `object[]`: given as JSON. */
const inputTypes = [
	'string',
	'integer',
	'number',
	'boolean',
	'url[]',
	'object[]',
	'array',
] as const;
export type InputType = (typeof inputTypes)[number];

const limits = {
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
const limitsSchema = z.strictObject(limits);
/** Numbers: min, max, step. Texts: length in characters. Lists: count of entries. */
type Limits = z.infer<typeof limitsSchema>;

const reason = z.string().min(1);
const doubtsSchema = z.strictObject({
	input: reason.optional(),
	type: reason.optional(),
	values: reason.optional(),
	letterCase: reason.optional(),
	limits: reason.optional(),
	required: reason.optional(),
});
/**
 * Where APIXO's pages contradict each other, with the reason as a sentence for people. What is in
 * doubt is only warned of; `input` puts the whole input in doubt.
 */
export type Doubts = z.infer<typeof doubtsSchema>;
export type Doubt = keyof Doubts;

const inputSchema = z.strictObject({
	name: z.string().min(1),
	type: z.enum(inputTypes),
	description: z.string().min(1),
	unit: z.literal('seconds').optional(),
	/** true: in every mode. A list: in these modes. */
	required: z.union([z.literal(true), z.array(z.string()).min(1)]).optional(),
	/** The modes in which the model takes the input; absent: in every mode. */
	modes: z.array(z.string()).min(1).optional(),
	...limits,
	/** MIME types of the files behind a `url[]`, where they differ from APIXO's usual ones. */
	fileTypes: z
		.array(z.string().regex(/^\w+\/[\w.+-]+$/))
		.min(1)
		.optional(),
	/** Size of each file behind a `url[]`, where it differs from APIXO's usual 10 MB for images. */
	maxFileMegabytes: z.int().positive().optional(),
	default: z.union([z.string(), z.number(), z.boolean()]).optional(),
	/** A value that works, where the list of values or the limits are not known. */
	example: z.union([z.string(), z.number()]).optional(),
	/** Limits that replace the general ones in one mode. */
	inMode: z.record(z.string(), limitsSchema).optional(),
	deprecated: z.literal(true).optional(),
	doubtful: doubtsSchema.optional(),
});
/** An input as the catalogue holds it. The values of `mode` are the model's `modes`. */
export type ModelInput = z.infer<typeof inputSchema>;

const modelSchema = z.strictObject({
	id: z.string().min(1),
	title: z.string().min(1),
	vendor: z.string().min(1).optional(),
	category: z.enum(categories),
	/** For images: which row of APIXO's polling guide applies. */
	speed: z.enum(['fast', 'highQuality']).optional(),
	modes: z.array(z.string().min(1)),
	inputs: z.array(inputSchema),
	/** The model's own figures, where APIXO names some; its category's apply to the rest. */
	polling: z
		.strictObject({
			initialWaitSeconds: z.number().min(1).optional(),
			intervalSeconds: z.number().min(1).optional(),
			maxWaitSeconds: z.number().min(1).optional(),
		})
		.optional(),
	typicalSeconds: z
		.strictObject({ min: z.number().positive(), max: z.number().positive() })
		.optional(),
	price: z.string().min(1).optional(),
	notes: z.string().min(1).optional(),
	sourceUrl: z.url().optional(),
	/** page: its table was read. snippet: a part of it. name-only: inputs are not known. */
	confidence: z.enum(['page', 'snippet', 'name-only']),
});
export type CatalogueModel = z.infer<typeof modelSchema>;

/** Minimum and maximum that must not cross. */
const ranges = [
	['min', 'max'],
	['minLength', 'maxLength'],
	['minItems', 'maxItems'],
] as const;

function limitFaults(own: Limits): string[] {
	return ranges
		.filter(([low, high]) => (own[low] ?? -Infinity) > (own[high] ?? Infinity))
		.map(([low, high]) => `${low} ${own[low]} is above ${high} ${own[high]}`);
}

function enumFaults(type: InputType, values: Limits['enum'], value: ModelInput['default']) {
	const faults: string[] = [];
	const wanted = type === 'string' ? 'string' : 'number';
	for (const entry of values ?? []) {
		if (typeof entry !== wanted) faults.push(`enum value ${entry} is not of type ${type}`);
	}
	if (values && value !== undefined && !values.some((entry) => entry === value)) {
		faults.push(`default ${value} is not in the enum`);
	}
	return faults;
}

function defaultFaults({ type, default: value, min, max }: ModelInput): string[] {
	if (value === undefined) return [];
	const wanted = type === 'integer' ? 'number' : type;
	if (typeof value !== wanted) return [`default ${value} is not of type ${type}`];
	if (typeof value === 'number' && (value < (min ?? value) || value > (max ?? value))) {
		return [`default ${value} is outside min and max`];
	}
	return [];
}

function inputFaults(model: CatalogueModel, input: ModelInput): string[] {
	const named = [
		...(input.modes ?? []),
		...(Array.isArray(input.required) ? input.required : []),
		...Object.keys(input.inMode ?? {}),
	];
	const faults = named
		.filter((mode) => !model.modes.includes(mode))
		.map((mode) => `mode '${mode}' is not a mode of the model`);
	if (Array.isArray(input.required) && input.modes) {
		const elsewhere = input.required.filter((mode) => !input.modes?.includes(mode));
		if (elsewhere.length) faults.push(`required in ${elsewhere}, where it does not apply`);
	}
	if (input.name === 'mode') {
		if (input.type !== 'string') faults.push('type must be string');
		if (input.enum) faults.push("enum must be left out, the model's modes are its values");
	}
	if ((input.fileTypes ?? input.maxFileMegabytes) !== undefined && input.type !== 'url[]') {
		faults.push('fileTypes and maxFileMegabytes belong to an input of type url[]');
	}
	const values = input.name === 'mode' ? model.modes : input.enum;
	faults.push(...enumFaults(input.type, values, input.default), ...defaultFaults(input));
	faults.push(...limitFaults(input));
	for (const [mode, own] of Object.entries(input.inMode ?? {})) {
		const inThisMode = [
			...limitFaults({ ...input, ...own }),
			...enumFaults(input.type, own.enum, undefined),
		];
		faults.push(...inThisMode.map((fault) => `in mode '${mode}' ${fault}`));
	}
	return faults;
}

function repeated(values: string[]): string[] {
	return values.filter((value, index) => values.indexOf(value) !== index);
}

function modelFaults(model: CatalogueModel): string[] {
	const faults = repeated(model.modes).map((mode) => `mode '${mode}' is listed twice`);
	for (const name of repeated(model.inputs.map((input) => input.name))) {
		faults.push(`input '${name}' is listed twice`);
	}
	for (const input of model.inputs) {
		faults.push(...inputFaults(model, input).map((fault) => `input '${input.name}': ${fault}`));
	}
	if (model.typicalSeconds && model.typicalSeconds.min > model.typicalSeconds.max) {
		faults.push('typicalSeconds: min is above max');
	}
	if ((model.category === 'image') !== (model.speed !== undefined)) {
		faults.push('speed belongs to every image model, and to no other');
	}
	if (model.confidence === 'name-only' && model.inputs.length) {
		faults.push("a model of confidence 'name-only' has no inputs");
	}
	return faults;
}

/** The whole catalogue; each fault is told with the model's ID and the input's name. */
export const catalogueSchema = z.array(modelSchema).superRefine((models, context) => {
	for (const id of repeated(models.map((model) => model.id))) {
		context.addIssue({ code: 'custom', message: `Model '${id}' is listed twice` });
	}
	for (const model of models) {
		for (const fault of modelFaults(model)) {
			context.addIssue({ code: 'custom', message: `Model '${model.id}': ${fault}` });
		}
	}
});
