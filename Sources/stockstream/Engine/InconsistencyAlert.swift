import Configuration
import Foundation
import KafkaAdapter
import StockStream
import StockWire
import Telemetry

/// Tells the alerts topic that a check has failed, or stopped a partition. Outside of the partition's transactions, which may have stopped
/// with it.
struct InconsistencyAlert: Sendable {
    let settings: EngineSettings
    let logger: Logger

    /// Sends the alert from a thread of its own, which waits up to ten seconds for the broker.
    func send(partition: Int32, seq: Int64, _ message: String) {
        let timeMilliseconds = SystemClock().wallMilliseconds()
        let thread = Thread {
            do {
                try deliver(partition, seq, message, timeMilliseconds)
            } catch {
                logger.warning("the alert of a check that failed could not be written", ["error": .string(String(describing: error))])
            }
        }
        thread.name = "inconsistency"
        thread.start()
    }

    private func deliver(_ partition: Int32, _ seq: Int64, _ message: String, _ timeMilliseconds: Int64) throws {
        let producer = try KafkaProducer(
            connection: settings.kafkaConnection, settings: .init(topics: [settings.topics.alerts]), log: logger.kafkaLog)
        defer { producer.close() }
        if let error = producer.connect(waitMilliseconds: 5_000) { throw error }
        var value = ByteBuffer()
        Array(message.utf8).withUnsafeBytes { message in
            AlertEncoder.encodeInconsistent(
                partition: partition, seq: seq, timeMilliseconds: timeMilliseconds, message: message, into: &value)
        }
        var headers = HeaderBuffer()
        let identity = OutputIdentity(incarnation: 0, partition: partition, seq: seq, index: 0, timeMilliseconds: timeMilliseconds)
        Array(WorkerOptions(partitionCount: 1, inputTopic: "").eventSource.utf8).withUnsafeBytes { source in
            headers.addCloudEvent(
                type: AlertEncoder.inconsistentType, identity, source: source, traceparent: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        var failure: PortError?
        _ = producer.produce(0, key: nil, value: value.bytes, headers: headers.headers())
        _ = producer.flush(waitMilliseconds: 5_000) { failure = $0.error }
        if let failure { throw failure }
    }
}
