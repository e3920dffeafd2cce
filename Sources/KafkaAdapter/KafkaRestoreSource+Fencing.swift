internal import CLibrdkafka
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

    /// Takes the id over with a producer that is thrown away. "Fenced" or "concurrent" means that another new owner does the same.
    static func fence(
        _ id: String, sealing seal: Seal?, _ settings: Settings, _ connection: KafkaConnection, _ log: @escaping KafkaLog
    ) {
        do throws(KafkaConfigurationError) {
            var config = try RDKafkaConfig.producer(connection)
            config.set("transactional.id", id)
            config.set("transaction.timeout.ms", KafkaLimits.transactionTimeoutMilliseconds)
            config.set("socket.timeout.ms", KafkaLimits.producerSocketTimeoutMilliseconds)
            let began = monotonicMilliseconds()
            var handle = try RDKafkaHandle(.producer, config, log: log)
            var error = takeOver(handle, waitMilliseconds: KafkaLimits.fencingAttemptsMilliseconds[0])
            // The broker, which has to abort the open transaction first, says "concurrent" for a moment. The library asks again after half
            // a second; a new client asks at once.
            for wait in KafkaLimits.fencingAttemptsMilliseconds.dropFirst() {
                guard let last = error, last.isRetriable || last.code == RD_KAFKA_RESP_ERR__TIMED_OUT else { break }
                _ = handle.destroy(waitMilliseconds: 0, leavesGroup: false)
                handle = try RDKafkaHandle(.producer, config, log: log)
                error = takeOver(handle, waitMilliseconds: wait)
            }
            if error == nil, let seal {
                error = try TransactionSeal.run(seal, on: handle, settings, waitMilliseconds: KafkaLimits.fencingAttemptsMilliseconds.last!)
            }
            let took = monotonicMilliseconds() - began
            let outcome = error?.description ?? "done"
            log(6, "FENCE", "\(id): \(outcome) after \(took) ms")
            _ = handle.destroy(waitMilliseconds: 0, leavesGroup: false)
        } catch {
            log(3, "FENCE", "\(id): \(error)")
        }
    }

    private static func takeOver(_ handle: RDKafkaHandle, waitMilliseconds: Int32) -> RDKafkaError? {
        handle.withPointer { rd_kafka_init_transactions($0, waitMilliseconds) }.map { RDKafkaError(taking: $0) }
    }
}
