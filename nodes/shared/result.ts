/** What came of something that may go wrong for a reason its caller has to deal with. */
export type Result<T, E> = { ok: true; value: T } | { ok: false; error: E };

/** The one thing that can go wrong is said in a sentence for the user. */
export type Checked<T> = Result<T, string>;
