import StockStream
import Telemetry

extension WorkerStatus {
    /// What keeps the worker from committing; nil: nothing, or not for long, since a single failure is routine.
    func commitProblem(nowMilliseconds: Int64) -> String? {
        let patience: Int64 = 3_000
        let failing = trouble == nil ? 0 : nowMilliseconds - troubleSinceMilliseconds
        // A worker that waits for the broker tells nothing meanwhile, so its silence counts too.
        let silent = nowMilliseconds - timeMilliseconds
        guard max(failing, silent) > patience else { return nil }
        if let trouble { return "worker \(worker): nothing committed for \(failing / 1_000) s: \(trouble)" }
        return "worker \(worker): waits for the broker, no sign for \(silent / 1_000) s"
    }
}

/// Says in the log when nothing can be committed any more, and when it can be again. Looked at once a second.
struct CommitAlarm {
    let logger: Logger
    /// By worker: when it began.
    private var failing: [Int: Int64] = [:]

    init(logger: Logger) { self.logger = logger }

    mutating func check(_ board: StatusBoard, nowMilliseconds: Int64) {
        for case let status? in board.snapshot.map(\.status) {
            let worker = LogValue.integer(Int64(status.worker))
            if let problem = status.commitProblem(nowMilliseconds: nowMilliseconds) {
                guard failing[status.worker] == nil else { continue }
                failing[status.worker] = nowMilliseconds
                logger.error("the broker takes no commits; input waits until it does", ["worker": worker, "why": .string(problem)])
            } else if let began = failing[status.worker], status.lastCommitMilliseconds > began {
                failing[status.worker] = nil
                logger.notice("the broker takes commits again", ["worker": worker])
            }
        }
    }
}
