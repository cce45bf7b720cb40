/** What a user entered cannot be used. The message is a sentence for the user. */
export class InputError extends Error {
	/** What the input cost. */
	readonly description: string | undefined;

	constructor(message: string, description?: string) {
		super(message);
		this.name = 'InputError';
		this.description = description;
	}
}
