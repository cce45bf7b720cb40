import { balanceRefusal, readMinimumBalance } from '../../../../nodes/Apixo/options/minimumBalance';

it.each([
	[0.5, 1, /USD 0.5 is below the 'Minimum Balance' of USD 1/],
	[0, 0.01, /USD 0 is below the 'Minimum Balance' of USD 0.01/],
	[1, 1, undefined],
	[20, 1, undefined],
	[0, 0, undefined],
])('with USD %s where USD %s is the minimum', (balance, minimum, message) => {
	const refusal = balanceRefusal(balance, minimum);
	if (message === undefined) expect(refusal).toBeUndefined();
	else {
		expect(refusal?.message).toMatch(message);
		expect(refusal?.description).toMatch(/Nothing was submitted/);
	}
});

it.each([
	[{}, undefined],
	[{ minimumBalance: '' }, undefined],
	[{ minimumBalance: 5 }, 5],
	[{ minimumBalance: '2.5' }, 2.5],
	[{ minimumBalance: 0 }, 0],
])('reads %j', (options, value) => {
	expect(readMinimumBalance(options)).toEqual({ ok: true, value });
});

it.each([-1, 'much', NaN])('refuses %j', (minimumBalance) => {
	expect(readMinimumBalance({ minimumBalance })).toMatchObject({
		ok: false,
		error: expect.stringMatching(/^'Minimum Balance' must be/),
	});
});
