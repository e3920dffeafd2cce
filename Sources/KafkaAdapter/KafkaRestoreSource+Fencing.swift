public import StockStream
internal import Synchronization

/// The fencings under way; touched by the worker and by the helper threads.
final class FencingTable: Sendable {
    private let running = Mutex(Set<String>())

    /// Notes the begin; false where that id is being fenced already.
    func begin(_ id: String) -> Bool { running.withLock { $0.insert(id).inserted } }

    /// Notes the end.
    func end(_ id: String) { running.withLock { _ = $0.remove(id) } }

    /// Whether none of the ids is being fenced.
    func isDone(_ ids: [String]) -> Bool { running.withLock { running in !ids.contains(where: running.contains) } }
}

// A dead owner's transaction would hold the partition until it times out. Using its ids makes the broker abort it at once.
extension KafkaRestoreSource {
    /// Begins to fence each id on a thread of its own, unless that is under way; `sealing`: and to seal what each has left
    /// without an end.
    public func beginFencing(_ transactionalIDs: [String], sealing seals: [Seal?]) {
        precondition(seals.count == transactionalIDs.count)
        for (index, id) in transactionalIDs.enumerated() where fencing.begin(id) {
            let seal = seals[index]
            let connection = connection
            let log = log
            let fencing = fencing
            let settings = settings
            let isRunning = HelperThread.run {
                KafkaRestoreSource.fence(id, sealing: seal, settings, connection, log)
                fencing.end(id)
            }
            if !isRunning {
                log(3, "FENCE", "no thread to fence \(id)")
                fencing.end(id)
            }
        }
    }

    /// Whether none of these ids is being fenced any more.
    public func isFencingDone(_ transactionalIDs: [String]) -> Bool { fencing.isDone(transactionalIDs) }

    /// Takes the id over with a producer that is thrown away, on the calling thread, and tells the log what came of it.
    static func fence(
        _ id: String, sealing seal: Seal?, _ settings: Settings, _ connection: KafkaConnection, _ log: @escaping KafkaLog
    ) {
        let began = monotonicMilliseconds()
        do throws(KafkaConfigurationError) {
            let producer = TakeoverProducer(
                transactionalID: id, connection: connection, topics: settings.writtenTopics, inputTopic: settings.inputTopic,
                membership: .standalone(groupID: settings.groupID), log: log)
            let outcome = try producer.run(seal)?.description ?? "done"
            log(6, "FENCE", "\(id): \(outcome) after \(monotonicMilliseconds() - began) ms")
        } catch {
            log(3, "FENCE", "\(id): \(error)")
        }
    }
}
