import { afterAll } from 'vitest';
import { provePromises } from './prove.ts';
import { closeShakenServer } from './support/shared-server.ts';

afterAll(() => closeShakenServer());

provePromises('database');
