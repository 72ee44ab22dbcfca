-- What wrk has counted, as one line of JSON, the last of its output.
done = function(summary, latency)
  io.write(string.format(
    '\n{"answers": %d, "bytes": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.bytes, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
