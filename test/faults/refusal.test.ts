import { provePromises } from './prove.ts';

provePromises('refusal');
