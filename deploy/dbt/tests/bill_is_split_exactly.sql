-- Returns the days whose parts do not add up to the bill to the last digit. Copy it into the tests folder of the project.
select cost_date, org_id, currency, billed, allocated, unattributed, difference, costs_off, reason
from {{ source('openai_bi', 'reconciliation_daily') }}
where difference <> 0 or costs_off > 0
