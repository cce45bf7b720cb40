import type { IDataObject } from 'n8n-workflow';

import { readDelivery } from '../../../../nodes/Apixo/options/resultFiles';

const usual = {
	downloadResults: false,
	binaryProperty: 'data',
	outputMode: 'task',
	maxFileSize: 1024,
};

describe('readDelivery', () => {
	it.each<[IDataObject, object]>([
		[{}, usual],
		[{ timeout: 60 }, usual],
		[{ binaryProperty: '', maxFileSize: '', outputMode: null }, usual],
		[{ downloadResults: true }, { ...usual, downloadResults: true }],
		[{ binaryProperty: ' image ' }, { ...usual, binaryProperty: 'image' }],
		[{ binaryProperty: '图片-1' }, { ...usual, binaryProperty: '图片-1' }],
		[{ outputMode: 'file' }, { ...usual, outputMode: 'file' }],
		[{ maxFileSize: '0.5' }, { ...usual, maxFileSize: 0.5 }],
	])('reads %j', (options, value) => {
		expect(readDelivery(options)).toEqual({ ok: true, value });
	});

	it.each<[IDataObject, string]>([
		[
			{ downloadResults: 'perhaps' },
			'\'Download Results\' must be true or false; "perhaps" was given',
		],
		[{ binaryProperty: 'a.b' }, "'Download Results Into' must be a name of letters"],
		[{ binaryProperty: '1data' }, "'Download Results Into' must be a name of letters"],
		[{ binaryProperty: 5 }, "'Download Results Into' must be a name"],
		[{ outputMode: 'item' }, "'Output Mode' must be 'task' or 'file'; \"item\" was given"],
		[{ maxFileSize: 'big' }, '\'Max File Size\' must be a number of megabytes; "big" was given'],
		[{ maxFileSize: 0 }, "'Max File Size' must be above 0 MB; 0 was given"],
		[{ maxFileSize: -1 }, "'Max File Size' must be above 0 MB; -1 was given"],
	])('refuses %j', (options, problem) => {
		expect(readDelivery(options)).toEqual({
			ok: false,
			problem: expect.stringContaining(problem) as string,
		});
	});
});
