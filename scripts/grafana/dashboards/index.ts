import type { DashboardDefinition } from '../dashboard.ts';
import { attribution } from './attribution.ts';
import { dataQuality } from './data-quality.ts';
import { efficiency } from './efficiency.ts';
import { executive } from './executive.ts';
import { operations } from './operations.ts';

/** Every dashboard, in the order of the menu. */
export const dashboards: readonly DashboardDefinition[] = [executive, attribution, efficiency, operations, dataQuality];
