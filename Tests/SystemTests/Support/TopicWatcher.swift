import Foundation
import KafkaAdapter
import StockWire

/// Sees a topic's records as they are appended, those of open transactions too.
final class TopicWatcher {
    private let reader: KafkaReader

    init(_ installation: Installation, _ topic: Installation.Topic) throws {
        var settings = KafkaReader.Settings(topics: [installation.topic(topic)])
        settings.readsCommittedOnly = false
        settings.start = .end
        settings.fetchWaitMilliseconds = 20
        let reader = try KafkaReader(connection: installation.connection, settings: settings) { _, _, _ in }
        _ = try within(seconds: 30, "connection") { reader.connect(waitMilliseconds: 2_000) == nil ? true : nil }
        self.reader = reader
    }

    /// Forgets what has come so far.
    func skip() {
        var quiet = 0
        while quiet < 5 {
            if case .record = reader.poll(waitMilliseconds: 20) { quiet = 0 } else { quiet += 1 }
        }
    }

    /// Waits for so many records of which `body` says that they count.
    func wait(records: Int, seconds: Double = 60, where body: (RecordView) -> Bool = { _ in true }) throws {
        var count = 0
        let deadline = Date(timeIntervalSinceNow: seconds)
        while count < records {
            if case .record(_, let record) = reader.poll(waitMilliseconds: 20), body(record) { count += 1 }
            guard Date() < deadline else { throw TimedOut(description: "\(count) of \(records) records in \(seconds) s") }
        }
    }

    func close() { reader.close() }
}
