-- A chat request of one kilobyte, and the result as one line of JSON with exact microseconds.
-- wrk's own text rounds its percentiles, so the line is what the driver reads.

local before = '{"model":"bench","messages":[{"role":"user","content":"'
local after = '"}]}'
local filler = string.rep("all work and no play ", 64)

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = before .. string.sub(filler, 1, 1024 - #before - #after) .. after

function done(summary, latency)
  local errors = summary.errors
  local line = '{"requests":%d,"duration_us":%d,"failed":%d,"timeouts":%d,"p50_us":%d,"p99_us":%d,"max_us":%d}\n'
  local failed = errors.connect + errors.read + errors.write + errors.status
  io.write(string.format(line, summary.requests, summary.duration, failed, errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
