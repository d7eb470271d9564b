-- Rows mean what they say, not what was asked for.

comment on column openai.cost_parts.reason is 'Why a part is unattributed: usage_gap, user_share_gap, no_matching_usage, usage_not_by_user, filtered_otherwise, service_line_item, unparsed_line_item, no_line_item or credit. Null when it is allocated.';
