import { provePromises } from './prove.ts';

provePromises('network');
