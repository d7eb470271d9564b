-- Returns the days whose parts do not add up to the bill to the last digit, every cost and part added up anew. Copy it
-- into the tests folder of the project. depends_on: {{ source('openai_bi', 'reconciliation_daily') }}
select cost_date, org_id, currency, billed, allocated, unattributed, difference, costs_off
from openai_bi.reconciliation_between('-infinity', 'infinity')
where difference <> 0 or costs_off > 0
