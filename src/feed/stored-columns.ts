import type { FeedColumn, FeedType } from './column.ts';

const required = (name: string, type: FeedType): FeedColumn => ({ name, type, nullable: false });
const optional = (name: string, type: FeedType): FeedColumn => ({ name, type, nullable: true });

/** The columns of openai.name_history. */
export const nameHistoryColumns: readonly FeedColumn[] = [
  required('org_id', 'text'),
  required('entity', 'text'),
  required('id', 'text'),
  required('name', 'text'),
  required('valid_from', 'timestamptz'),
  optional('valid_to', 'timestamptz'),
  required('changed_xid', 'xid8'),
];

/** The columns of openai.line_items. */
export const lineItemColumns: readonly FeedColumn[] = [
  required('line_item', 'text'),
  optional('surface', 'text'),
  optional('model', 'text'),
  optional('modality', 'text'),
  optional('token_class', 'text'),
  optional('qualifier', 'text'),
  optional('service', 'text'),
  required('parse_status', 'text'),
  required('parser_version', 'integer'),
  required('charge_category', 'text'),
  required('first_seen_at', 'timestamptz'),
  required('updated_at', 'timestamptz'),
  required('changed_xid', 'xid8'),
  optional('model_family', 'text'),
];

/** The columns of openai.cost_parts. */
export const costPartColumns: readonly FeedColumn[] = [
  required('org_id', 'text'),
  required('usage_date_utc', 'date'),
  required('series_id', 'uuid'),
  required('part_no', 'integer'),
  optional('project_id', 'text'),
  optional('api_key_id', 'text'),
  optional('line_item', 'text'),
  optional('model', 'text'),
  optional('token_class', 'text'),
  optional('modality', 'text'),
  optional('user_id', 'text'),
  required('status', 'text'),
  optional('reason', 'text'),
  required('method', 'text'),
  required('method_version', 'text'),
  optional('match_level', 'text'),
  optional('driver', 'text'),
  optional('driver_quantity', 'numeric'),
  optional('driver_total', 'numeric'),
  required('amount', 'numeric'),
  required('currency', 'text'),
  optional('quantity', 'numeric'),
  optional('quantity_unit', 'text'),
  required('run_id', 'bigint'),
  required('updated_at', 'timestamptz'),
  required('changed_xid', 'xid8'),
  optional('estimate', 'text'),
];
