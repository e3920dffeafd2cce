import RedisAdapter
import Telemetry

/// Says in the log when a worker's read model has a problem, and when it is well again.
struct RedisAlarms {
    let logger: Logger
    private var known: [[String]] = []

    init(logger: Logger) { self.logger = logger }

    mutating func check(_ entries: [StatusBoard.Entry]) {
        for (worker, entry) in entries.enumerated() {
            guard let health = entry.redis else { continue }
            while known.count <= worker { known.append([]) }
            let before = known[worker]
            // At the start there is no connection yet, which is no problem.
            let isStarting = health.problems.allSatisfy { $0.hasSuffix("not connected yet") }
            known[worker] = isStarting ? [] : health.problems
            let fields: KeyValuePairs<String, LogValue> = ["worker": .integer(Int64(worker))]
            for problem in known[worker] where !before.contains(problem) {
                logger.warning("read model: \(problem)", fields, repeatKey: "redis:\(worker):\(problem.prefix(40))")
            }
            if known[worker].isEmpty && !before.isEmpty { logger.notice("read model: well again, it catches up", fields) }
        }
    }
}
