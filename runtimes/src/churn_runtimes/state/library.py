"""The one function that the store runs, in Lua: Redis 7 and later, and Valkey, keep it as part of their data."""

from hashlib import sha256

_BODY = """
-- keys: a partition's record, then customers' states.
-- args: the record that must be there ('' for none), the record to write, seconds to live, then the states.
-- All of it is done or, where another record is there, nothing; gives {1}, or {0, the other record or ''}.
local function put(keys, args)
    local there = redis.call('MGET', keys[1])[1] or ''
    if there ~= args[1] then
        return {0, there}
    end
    for number = 2, #keys do
        redis.call('SET', keys[number], args[number + 2], 'EX', args[3])
    end
    redis.call('SET', keys[1], args[2], 'EX', args[3])
    return {1}
end
"""
_NAME = f"churnserve_{sha256(_BODY.encode()).hexdigest()[:12]}"

PUT = f"{_NAME}_put"
"""Named after its text: workers of two releases do not change each other's function."""
LIBRARY = f"#!lua name={_NAME}\n{_BODY}\nredis.register_function('{PUT}', put)\n"
