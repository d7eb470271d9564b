import { provePromises } from './prove.ts';

provePromises('result');
