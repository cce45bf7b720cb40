import type { IDataObject } from 'n8n-workflow';

import { readResultFiles } from '../../../../nodes/Apixo/options/resultFiles';

const usual = {
	downloadResults: false,
	binaryProperty: 'data',
	outputMode: 'task',
	maxFileSize: 1024,
};

describe('readResultFiles', () => {
	it.each<[IDataObject, object]>([
		[{}, usual],
		[{ timeout: 60 }, usual],
		[{ binaryProperty: '', maxFileSize: '', outputMode: null }, usual],
		[{ downloadResults: true }, { ...usual, downloadResults: true }],
		[{ binaryProperty: ' image ' }, { ...usual, binaryProperty: 'image' }],
		[{ binaryProperty: '图片-1' }, { ...usual, binaryProperty: '图片-1' }],
		[{ outputMode: 'file' }, { ...usual, outputMode: 'file' }],
		[{ simplify: true }, { ...usual, simplify: true }],
		[{ maxFileSize: '0.5' }, { ...usual, maxFileSize: 0.5 }],
	])('reads %j', (options, value) => {
		expect(readResultFiles(options)).toEqual({ ok: true, value });
	});

	it.each<[IDataObject, string]>([
		[
			{ downloadResults: 'perhaps' },
			'\'Download Results\' must be true or false; "perhaps" was given',
		],
		[{ binaryProperty: 'a.b' }, "'Put Output File in Field' must be a name of letters"],
		[{ binaryProperty: '1data' }, "'Put Output File in Field' must be a name of letters"],
		[{ binaryProperty: 5 }, "'Put Output File in Field' must be a name"],
		[{ outputMode: 'item' }, "'Output' must be 'task' or 'file'; \"item\" was given"],
		[{ maxFileSize: 'big' }, '\'Max File Size\' must be a number of megabytes; "big" was given'],
		[{ simplify: 'yes' }, '\'Simplify\' must be true or false; "yes" was given'],
		[{ maxFileSize: 0 }, "'Max File Size' must be above 0 MB; 0 was given"],
		[{ maxFileSize: -1 }, "'Max File Size' must be above 0 MB; -1 was given"],
	])('refuses %j', (options, problem) => {
		expect(readResultFiles(options)).toEqual({
			ok: false,
			error: expect.stringContaining(problem) as string,
		});
	});
});
