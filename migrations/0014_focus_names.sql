-- The FOCUS views under snake_case names, for people who type SQL: the same columns in the same order.

create view openai_bi.focus_cost_and_usage as
select
  "AllocatedMethodDetails" as allocated_method_details,
  "AllocatedMethodId" as allocated_method_id,
  "AllocatedResourceId" as allocated_resource_id,
  "AllocatedResourceName" as allocated_resource_name,
  "AllocatedTags" as allocated_tags,
  "BilledCost" as billed_cost,
  "BillingAccountId" as billing_account_id,
  "BillingAccountName" as billing_account_name,
  "BillingCurrency" as billing_currency,
  "BillingPeriodEnd" as billing_period_end,
  "BillingPeriodStart" as billing_period_start,
  "ChargeCategory" as charge_category,
  "ChargeClass" as charge_class,
  "ChargeDescription" as charge_description,
  "ChargeFrequency" as charge_frequency,
  "ChargePeriodEnd" as charge_period_end,
  "ChargePeriodStart" as charge_period_start,
  "ConsumedQuantity" as consumed_quantity,
  "ConsumedUnit" as consumed_unit,
  "ContractedCost" as contracted_cost,
  "EffectiveCost" as effective_cost,
  "HostProviderName" as host_provider_name,
  "InvoiceId" as invoice_id,
  "InvoiceIssuerName" as invoice_issuer_name,
  "ListCost" as list_cost,
  "PricingCategory" as pricing_category,
  "PricingQuantity" as pricing_quantity,
  "PricingUnit" as pricing_unit,
  "ServiceCategory" as service_category,
  "ServiceName" as service_name,
  "ServiceProviderName" as service_provider_name,
  "ServiceSubcategory" as service_subcategory,
  "SkuId" as sku_id,
  "SkuMeter" as sku_meter,
  "SkuPriceDetails" as sku_price_details,
  "SkuPriceId" as sku_price_id,
  "SubAccountId" as sub_account_id,
  "SubAccountName" as sub_account_name,
  "Tags" as tags,
  "x_AllocationReason" as x_allocation_reason,
  "x_AllocationStatus" as x_allocation_status,
  "x_ApiSource" as x_api_source,
  "x_CredentialId" as x_credential_id,
  "x_IsFinal" as x_is_final,
  "x_LineItem" as x_line_item,
  "x_PartNumber" as x_part_number,
  "x_Quantity" as x_quantity,
  "x_QuantityUnit" as x_quantity_unit,
  "x_SourceRecordId" as x_source_record_id
from openai_focus.cost_and_usage;
comment on view openai_bi.focus_cost_and_usage is 'openai_focus.cost_and_usage with its columns in snake_case, for people who type SQL. The same money as that view, cost_daily and focus_cost_and_usage_allocated: never add two of them.';
comment on column openai_bi.focus_cost_and_usage.allocated_method_details is 'Share of the charge, with the unit and quantity it was shared out by. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage.allocated_method_id is 'Method of the split and its version: billed-user-share, token-share, service-share or unsplit. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage.allocated_resource_id is 'Id of the user the part is attributed to. Null on the unattributed rest, on usage of nobody, and where nothing was split.';
comment on column openai_bi.focus_cost_and_usage.allocated_resource_name is 'Name the user had on that day, else e-mail address, else id. Null where allocated_resource_id is.';
comment on column openai_bi.focus_cost_and_usage.allocated_tags is 'Null: users carry no tags.';
comment on column openai_bi.focus_cost_and_usage.billed_cost is 'Money billed, flow, in billing_currency: the exact digits of the API.';
comment on column openai_bi.focus_cost_and_usage.billing_account_id is 'Name of the organization in the configuration.';
comment on column openai_bi.focus_cost_and_usage.billing_account_name is 'Name of the organization in the configuration.';
comment on column openai_bi.focus_cost_and_usage.billing_currency is 'ISO 4217 code in upper case.';
comment on column openai_bi.focus_cost_and_usage.billing_period_end is 'First instant of the next UTC month, exclusive.';
comment on column openai_bi.focus_cost_and_usage.billing_period_start is 'First instant of the UTC month of the charge.';
comment on column openai_bi.focus_cost_and_usage.charge_category is 'Credit for credits, else Usage. A negative amount of a model stays Usage.';
comment on column openai_bi.focus_cost_and_usage.charge_class is 'Null: a restated day replaces its rows, no row corrects another.';
comment on column openai_bi.focus_cost_and_usage.charge_description is 'The line item as billed, else a sentence.';
comment on column openai_bi.focus_cost_and_usage.charge_frequency is 'Usage-Based; One-Time for credits.';
comment on column openai_bi.focus_cost_and_usage.charge_period_end is 'End of the UTC day, exclusive.';
comment on column openai_bi.focus_cost_and_usage.charge_period_start is 'Start of the UTC day.';
comment on column openai_bi.focus_cost_and_usage.consumed_quantity is 'Quantity billed, flow, in consumed_unit; where the bill states none, what the usage endpoints counted. Null for credits and where neither says.';
comment on column openai_bi.focus_cost_and_usage.consumed_unit is 'Unit of consumed_quantity. Null where that is.';
comment on column openai_bi.focus_cost_and_usage.contracted_cost is 'As billed_cost, flow: the API knows no other price.';
comment on column openai_bi.focus_cost_and_usage.effective_cost is 'As billed_cost, flow: prepaid credit is not drawn down here.';
comment on column openai_bi.focus_cost_and_usage.host_provider_name is 'OpenAI.';
comment on column openai_bi.focus_cost_and_usage.invoice_id is 'Null: the API knows no invoices.';
comment on column openai_bi.focus_cost_and_usage.invoice_issuer_name is 'OpenAI.';
comment on column openai_bi.focus_cost_and_usage.list_cost is 'As billed_cost, flow: the API knows no other price.';
comment on column openai_bi.focus_cost_and_usage.pricing_category is 'Standard. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage.pricing_quantity is 'consumed_quantity in pricing_unit, flow; tokens in millions, exactly. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage.pricing_unit is '1000000 Tokens for tokens, else consumed_unit. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage.service_category is 'AI and Machine Learning.';
comment on column openai_bi.focus_cost_and_usage.service_name is 'OpenAI API.';
comment on column openai_bi.focus_cost_and_usage.service_provider_name is 'OpenAI.';
comment on column openai_bi.focus_cost_and_usage.service_subcategory is 'Generative AI.';
comment on column openai_bi.focus_cost_and_usage.sku_id is 'openai/ and model, token class, modality or service as read from the line item, whatever the tier. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage.sku_meter is 'What is metered, such as Cached Input Tokens. Null where sku_id is.';
comment on column openai_bi.focus_cost_and_usage.sku_price_details is 'What sets the price: model, token class, modality, tier, context. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage.sku_price_id is 'openai/ and the line item. Null for credits, and where no quantity is known.';
comment on column openai_bi.focus_cost_and_usage.sub_account_id is 'Id of the project. Null for what is billed to none.';
comment on column openai_bi.focus_cost_and_usage.sub_account_name is 'Name the project had on that day, else its id. Null where sub_account_id is.';
comment on column openai_bi.focus_cost_and_usage.tags is 'team, cost_center and environment of the project, as usage-etl map was told. Null where it was told nothing.';
comment on column openai_bi.focus_cost_and_usage.x_allocation_reason is 'Why a part is unattributed. Null where it is not.';
comment on column openai_bi.focus_cost_and_usage.x_allocation_status is 'allocated or unattributed. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage.x_api_source is 'Where the requests came from, as the API names it. Null when it does not.';
comment on column openai_bi.focus_cost_and_usage.x_credential_id is 'Id of the API key. Null for what is billed to none.';
comment on column openai_bi.focus_cost_and_usage.x_is_final is 'True when the day was read again long enough after its end.';
comment on column openai_bi.focus_cost_and_usage.x_line_item is 'The line item as billed. Null where the API gives none.';
comment on column openai_bi.focus_cost_and_usage.x_part_number is 'Number of the part of its charge, from 1. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage.x_quantity is 'Quantity as billed, flow, in x_quantity_unit. Null when the API does not say.';
comment on column openai_bi.focus_cost_and_usage.x_quantity_unit is 'Unit of x_quantity as the API names it. Null when no single unit applies.';
comment on column openai_bi.focus_cost_and_usage.x_source_record_id is 'Identity of the charge within its billing_account_id and charge_period_start: series_id of openai.costs.';

create view openai_bi.focus_cost_and_usage_allocated as
select
  "AllocatedMethodDetails" as allocated_method_details,
  "AllocatedMethodId" as allocated_method_id,
  "AllocatedResourceId" as allocated_resource_id,
  "AllocatedResourceName" as allocated_resource_name,
  "AllocatedTags" as allocated_tags,
  "BilledCost" as billed_cost,
  "BillingAccountId" as billing_account_id,
  "BillingAccountName" as billing_account_name,
  "BillingCurrency" as billing_currency,
  "BillingPeriodEnd" as billing_period_end,
  "BillingPeriodStart" as billing_period_start,
  "ChargeCategory" as charge_category,
  "ChargeClass" as charge_class,
  "ChargeDescription" as charge_description,
  "ChargeFrequency" as charge_frequency,
  "ChargePeriodEnd" as charge_period_end,
  "ChargePeriodStart" as charge_period_start,
  "ConsumedQuantity" as consumed_quantity,
  "ConsumedUnit" as consumed_unit,
  "ContractedCost" as contracted_cost,
  "EffectiveCost" as effective_cost,
  "HostProviderName" as host_provider_name,
  "InvoiceId" as invoice_id,
  "InvoiceIssuerName" as invoice_issuer_name,
  "ListCost" as list_cost,
  "PricingCategory" as pricing_category,
  "PricingQuantity" as pricing_quantity,
  "PricingUnit" as pricing_unit,
  "ServiceCategory" as service_category,
  "ServiceName" as service_name,
  "ServiceProviderName" as service_provider_name,
  "ServiceSubcategory" as service_subcategory,
  "SkuId" as sku_id,
  "SkuMeter" as sku_meter,
  "SkuPriceDetails" as sku_price_details,
  "SkuPriceId" as sku_price_id,
  "SubAccountId" as sub_account_id,
  "SubAccountName" as sub_account_name,
  "Tags" as tags,
  "x_AllocationReason" as x_allocation_reason,
  "x_AllocationStatus" as x_allocation_status,
  "x_ApiSource" as x_api_source,
  "x_CredentialId" as x_credential_id,
  "x_IsFinal" as x_is_final,
  "x_LineItem" as x_line_item,
  "x_PartNumber" as x_part_number,
  "x_Quantity" as x_quantity,
  "x_QuantityUnit" as x_quantity_unit,
  "x_SourceRecordId" as x_source_record_id
from openai_focus.cost_and_usage_allocated;
comment on view openai_bi.focus_cost_and_usage_allocated is 'openai_focus.cost_and_usage_allocated with its columns in snake_case, for people who type SQL. The same money as that view, cost_daily and focus_cost_and_usage: never add two of them.';
comment on column openai_bi.focus_cost_and_usage_allocated.allocated_method_details is 'Share of the charge, with the unit and quantity it was shared out by. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage_allocated.allocated_method_id is 'Method of the split and its version: billed-user-share, token-share, service-share or unsplit. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage_allocated.allocated_resource_id is 'Id of the user the part is attributed to. Null on the unattributed rest, on usage of nobody, and where nothing was split.';
comment on column openai_bi.focus_cost_and_usage_allocated.allocated_resource_name is 'Name the user had on that day, else e-mail address, else id. Null where allocated_resource_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.allocated_tags is 'Null: users carry no tags.';
comment on column openai_bi.focus_cost_and_usage_allocated.billed_cost is 'Money billed, flow, in billing_currency: the exact digits of the API.';
comment on column openai_bi.focus_cost_and_usage_allocated.billing_account_id is 'Name of the organization in the configuration.';
comment on column openai_bi.focus_cost_and_usage_allocated.billing_account_name is 'Name of the organization in the configuration.';
comment on column openai_bi.focus_cost_and_usage_allocated.billing_currency is 'ISO 4217 code in upper case.';
comment on column openai_bi.focus_cost_and_usage_allocated.billing_period_end is 'First instant of the next UTC month, exclusive.';
comment on column openai_bi.focus_cost_and_usage_allocated.billing_period_start is 'First instant of the UTC month of the charge.';
comment on column openai_bi.focus_cost_and_usage_allocated.charge_category is 'Credit for credits, else Usage. A negative amount of a model stays Usage.';
comment on column openai_bi.focus_cost_and_usage_allocated.charge_class is 'Null: a restated day replaces its rows, no row corrects another.';
comment on column openai_bi.focus_cost_and_usage_allocated.charge_description is 'The line item as billed, else a sentence.';
comment on column openai_bi.focus_cost_and_usage_allocated.charge_frequency is 'Usage-Based; One-Time for credits.';
comment on column openai_bi.focus_cost_and_usage_allocated.charge_period_end is 'End of the UTC day, exclusive.';
comment on column openai_bi.focus_cost_and_usage_allocated.charge_period_start is 'Start of the UTC day.';
comment on column openai_bi.focus_cost_and_usage_allocated.consumed_quantity is 'Quantity billed, flow, in consumed_unit; where the bill states none, what the usage endpoints counted. Null for credits and where neither says.';
comment on column openai_bi.focus_cost_and_usage_allocated.consumed_unit is 'Unit of consumed_quantity. Null where that is.';
comment on column openai_bi.focus_cost_and_usage_allocated.contracted_cost is 'As billed_cost, flow: the API knows no other price.';
comment on column openai_bi.focus_cost_and_usage_allocated.effective_cost is 'As billed_cost, flow: prepaid credit is not drawn down here.';
comment on column openai_bi.focus_cost_and_usage_allocated.host_provider_name is 'OpenAI.';
comment on column openai_bi.focus_cost_and_usage_allocated.invoice_id is 'Null: the API knows no invoices.';
comment on column openai_bi.focus_cost_and_usage_allocated.invoice_issuer_name is 'OpenAI.';
comment on column openai_bi.focus_cost_and_usage_allocated.list_cost is 'As billed_cost, flow: the API knows no other price.';
comment on column openai_bi.focus_cost_and_usage_allocated.pricing_category is 'Standard. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.pricing_quantity is 'consumed_quantity in pricing_unit, flow; tokens in millions, exactly. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.pricing_unit is '1000000 Tokens for tokens, else consumed_unit. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.service_category is 'AI and Machine Learning.';
comment on column openai_bi.focus_cost_and_usage_allocated.service_name is 'OpenAI API.';
comment on column openai_bi.focus_cost_and_usage_allocated.service_provider_name is 'OpenAI.';
comment on column openai_bi.focus_cost_and_usage_allocated.service_subcategory is 'Generative AI.';
comment on column openai_bi.focus_cost_and_usage_allocated.sku_id is 'openai/ and model, token class, modality or service as read from the line item, whatever the tier. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.sku_meter is 'What is metered, such as Cached Input Tokens. Null where sku_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.sku_price_details is 'What sets the price: model, token class, modality, tier, context. Null where sku_price_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.sku_price_id is 'openai/ and the line item. Null for credits, and where no quantity is known.';
comment on column openai_bi.focus_cost_and_usage_allocated.sub_account_id is 'Id of the project. Null for what is billed to none.';
comment on column openai_bi.focus_cost_and_usage_allocated.sub_account_name is 'Name the project had on that day, else its id. Null where sub_account_id is.';
comment on column openai_bi.focus_cost_and_usage_allocated.tags is 'team, cost_center and environment of the project, as usage-etl map was told. Null where it was told nothing.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_allocation_reason is 'Why a part is unattributed. Null where it is not.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_allocation_status is 'allocated or unattributed. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_api_source is 'Where the requests came from, as the API names it. Null when it does not.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_credential_id is 'Id of the API key. Null for what is billed to none.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_is_final is 'True when the day was read again long enough after its end.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_line_item is 'The line item as billed. Null where the API gives none.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_part_number is 'Number of the part of its charge, from 1. Null where nothing was split.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_quantity is 'Quantity as billed, flow, in x_quantity_unit. Null when the API does not say.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_quantity_unit is 'Unit of x_quantity as the API names it. Null when no single unit applies.';
comment on column openai_bi.focus_cost_and_usage_allocated.x_source_record_id is 'Identity of the charge within its billing_account_id and charge_period_start: series_id of openai.costs.';
