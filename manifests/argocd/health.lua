-- What Argo CD makes of a ChurnModel. In argocd-cm, under resource.customizations.health.churnserve.dev_ChurnModel.

-- The conditions by their type; empty until the operator has seen the ChurnModel.
local function conditions_of(status)
  local found = {}
  for _, condition in ipairs(status.conditions or {}) do
    found[condition.type] = condition
  end
  return found
end

local function holds(condition)
  return condition ~= nil and condition.status == "True"
end

local function health(status, message)
  return {status = status, message = message}
end

local status = obj.status or {}
local conditions = conditions_of(status)
local ready = conditions["Ready"]

if status.observedGeneration ~= obj.metadata.generation or ready == nil then
  return health("Progressing", "the operator has not seen this spec yet")
end
if holds(conditions["Stalled"]) then
  return health("Degraded", conditions["Stalled"].message)
end
if holds(conditions["Paused"]) then
  return health("Suspended", conditions["Paused"].message)
end
if holds(conditions["Reconciling"]) then
  return health("Progressing", conditions["Reconciling"].message)
end
if holds(ready) then
  return health("Healthy", ready.message)
end
if ready.status == "Unknown" then
  return health("Unknown", ready.message)
end
return health("Progressing", ready.message)
