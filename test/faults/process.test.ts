import { provePromises } from './prove.ts';

provePromises('process');
