import StockCore
import StockStream
import Telemetry

/// Puts what a worker has to tell into the log.
struct WorkerReporter: Sendable {
    let logger: Logger
    let alert: InconsistencyAlert
    /// Told when the input topic has another number of partitions than the state was made for.
    let onGrown: @Sendable (Int32) -> Void

    func report(_ notice: WorkerNotice) {
        switch notice {
        case .assigned(let partitions): logger.notice("partitions assigned", ["partitions": list(partitions)])
        case .revoked(let partitions): logger.notice("partitions revoked", ["partitions": list(partitions)])
        case .lost(let partitions): logger.warning("partitions lost: membership ended", ["partitions": list(partitions)])
        case .running(let partition, let seq, let facts, let milliseconds, let isFromStandby):
            logger.notice(
                "partition running",
                [
                    "partition": .integer(Int64(partition)), "seq": .integer(seq), "replayed": .integer(facts),
                    "restoreMilliseconds": .integer(milliseconds), "fromStandby": .bool(isFromStandby),
                ])
        case .stopped(let partition, let reason):
            logger.error(
                "partition stopped",
                ["partition": .integer(Int64(partition)), "code": .string(reason.code), "why": .string(reason.message)])
            alert.send(partition: partition, seq: 0, reason.message)
        case .standbyDiscarded(let partition, let reason):
            logger.error(
                "the standby's state does not pass the checks; the checkpoint is read",
                ["partition": .integer(Int64(partition)), "code": .string(reason.code), "why": .string(reason.message)])
        case .grown(let partition): onGrown(partition)
        case .fencing, .fencingLeftovers: reportFencing(notice)
        case .restoreWaits(let partition, let standstill):
            logger.warning(
                "a restore waits",
                [
                    "partition": .integer(Int64(partition)), "for": .string(standstill.awaited),
                    "milliseconds": .integer(standstill.milliseconds),
                ], repeatKey: "restore:\(partition)")
        case .aborted(let what, let error):
            logger.warning(what, ["error": .string(error?.description ?? "")], repeatKey: "abort:\(what):\(error?.code ?? "")")
        case .settling(let error):
            logger.warning("the outcome of a commit is not known; the claim will tell", ["error": .string(error.description)])
        case .settled(let isCommitted): logger.notice("the outcome of a commit is known", ["committed": .bool(isCommitted)])
        case .sealed: logger.warning("the broker had left transactions without an end; they have one now")
        case .rolledBack(let partition, let commits):
            logger.error(
                "facts that the broker had taken are gone; the partition is restored again, and their input applied again",
                ["partition": .integer(Int64(partition)), "commits": .integer(commits)])
        case .source(let error): logger.warning("consumer", ["error": .string(error.description)], repeatKey: "source:\(error.code)")
        case .clockOff(let partition, let milliseconds):
            logger.error(
                "this clock is off the stamps of new records; log time moves with records only",
                ["partition": .integer(Int64(partition)), "offMilliseconds": .integer(milliseconds)], repeatKey: "clock")
        case .superseded(let partition): logger.notice("another owner writes the read model", ["partition": .integer(Int64(partition))])
        case .checkpointRefused(let partition, let skus, let error):
            logger.error(
                "the broker refuses checkpoints; the input goes on, and a restore has more of the ledger to read",
                ["partition": .integer(Int64(partition)), "skus": .integer(Int64(skus)), "error": .string(error.description)],
                repeatKey: "checkpoint:\(partition)")
        case .checkpointAccepted(let partition):
            logger.notice("the broker takes the whole checkpoint again", ["partition": .integer(Int64(partition))])
        case .inconsistent(let partition, let found):
            let message = "partition \(partition): \(found). The ledger is right or wrong by itself: `stockstream state verify` tells"
            logger.error(
                "an identity of the state does not hold",
                [
                    "partition": .integer(Int64(partition)), "what": .string("\(found.identity)"), "seq": .integer(found.seq),
                    "wholeThroughSeq": .integer(found.wholeThroughSeq), "offset": .integer(found.offset),
                ])
            alert.send(partition: partition, seq: found.seq, message)
        case .deadLettered(let partition, let offset, let reason):
            logger.warning(
                "dead letter", ["partition": .integer(Int64(partition)), "offset": .integer(offset), "reason": .string(reason)],
                repeatKey: "deadletter:\(partition)")
        }
    }

    private func reportFencing(_ notice: WorkerNotice) {
        switch notice {
        case .fencing(let partition, let ids):
            logger.notice("fencing the owner before", ["partition": .integer(Int64(partition)), "transactionalIDs": list(ids)])
        case .fencingLeftovers(let places, let ids):
            let open = list(places.map { "\($0.topic)/\($0.partition)" })
            logger.notice("fencing owners before for what one has left open", ["open": open, "transactionalIDs": list(ids)])
        default: assertionFailure("not about a fencing")
        }
    }

    private func list(_ partitions: [Int32]) -> LogValue { list(partitions.map(String.init)) }

    private func list(_ texts: [String]) -> LogValue { .string(texts.joined(separator: " ")) }
}
