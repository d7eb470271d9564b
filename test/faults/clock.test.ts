import { provePromises } from './prove.ts';

provePromises('clock');
