// A real n8n shares two cores with the tests: an execution takes its time.
jest.setTimeout(60_000);
