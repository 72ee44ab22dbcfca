-- Sends the method and the body of the command line; tells what wrk has counted as one line of JSON, its last.
init = function(told)
  wrk.method = told[1]
  if told[2] ~= "" then wrk.body = told[2] end
end

done = function(summary, latency)
  io.write(string.format(
    '\n{"answers": %d, "bytes": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.bytes, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
