import { type StoryProject, storyProjects } from './company.ts';

/** What the company says of its projects, as a file for `usage-etl map`. */
export function storyMapping(): string {
  const lines = Object.values<StoryProject>(storyProjects).map(({ name, team, costCenter, environment }) =>
    [name, team, costCenter, environment].join(','),
  );
  return ['project_name,team,cost_center,environment', ...lines].join('\n');
}

/** What it means to spend a month, as a file for `usage-etl budgets`. One team comes close. */
export const storyBudgets = `\
budget_name,scope,scope_value,period,amount,currency
everything,all,,month,14500,usd
Customer experience,team,Customer experience,month,4000,usd
Product,team,Product,month,5000,usd
Data,team,Data,month,4000,usd
Platform,team,Platform,month,1250,usd
`;
