export type { AmountStyle } from './answer/amount-text.ts';
export type { DirectoryChange } from './directory/change.ts';
export type { Directory } from './directory/directory.ts';
export type { AnswerEffect, DeliveryEffect, Fault, FaultCondition, FaultPlan, PageEffect } from './faults/fault.ts';
export { type RecordedRequest, type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
export { storyStart } from './story/calendar.ts';
export { storyBudgets, storyMapping } from './story/papers.ts';
export type { TruthBucket, TruthQuery, TruthRow } from './truth.ts';
export type { GroupSelector, Restatement } from './world/restatement.ts';
