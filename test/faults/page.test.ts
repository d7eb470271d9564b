import { provePromises } from './prove.ts';

provePromises('page');
