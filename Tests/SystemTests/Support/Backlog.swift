import Foundation
import KafkaAdapter
import Testing

/// An input record with a time of its own.
struct InputRecord {
    var sku: String
    var json: String
    /// nil: now.
    var time: Date?

    /// An event whose members stand in `fields` as JSON, without braces.
    init(_ id: String, _ type: String, _ sku: String, _ fields: String, occurredAt: Date? = nil, time: Date? = nil) {
        self.sku = sku
        self.time = time
        let occurred = occurredAt.map { #","occurredAt":"\#(InputRecord.format.string(from: $0))""# } ?? ""
        json = #"{"id":"\#(id)","source":"shop","type":"\#(type)","sku":"\#(sku)"\#(occurred),\#(fields)}"#
    }

    nonisolated(unsafe) private static let format: ISO8601DateFormatter = {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return format
    }()
}

extension Date {
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1_000).rounded()) }
}

extension Installation {
    /// Sends input records in order, and waits until the broker has all of them.
    func produce(_ records: [InputRecord]) throws {
        let producer = try KafkaProducer(connection: connection, settings: .init(topics: [topic(.events)])) { _, _, _ in }
        defer { producer.close() }
        _ = try within(seconds: 30, "connection") { producer.connect(waitMilliseconds: 2_000) == nil ? true : nil }
        for record in records {
            let outcome = Array(record.sku.utf8).withUnsafeBytes { key in
                Array(record.json.utf8).withUnsafeBytes { value in
                    producer.produce(0, key: key, value: value, timestampMilliseconds: record.time?.milliseconds ?? 0)
                }
            }
            guard case .queued = outcome else { throw TimedOut(description: "\(record.json): \(outcome)") }
        }
        var failure = ""
        let isFlushed = producer.flush(waitMilliseconds: 30_000) { if let error = $0.error { failure = "\(error)" } }
        guard isFlushed, failure.isEmpty else { throw TimedOut(description: "records were not delivered: \(failure)") }
    }

    /// Lets producers stamp the input's records, with any time, or the broker again.
    func letProducersStamp(_ isTheirs: Bool) throws {
        let provisioner = try TopicProvisioner(connection: connection) { _, _, _ in }
        defer { provisioner.close() }
        let type = isTheirs ? "CreateTime" : "LogAppendTime"
        try provisioner.alterConfigs(
            topic(.events), ["message.timestamp.type": type, "message.timestamp.after.max.ms": "\(Int64.max)"])
        _ = try within(seconds: 30, "the setting") {
            try provisioner.describe([topic(.events)])[topic(.events)]?.configs["message.timestamp.type"] == type ? true : nil
        }
    }

    /// Appends records as if they had been appended at their times.
    func appendBacklog(_ records: [InputRecord]) throws {
        try letProducersStamp(true)
        try produce(records)
        try letProducersStamp(false)
    }

    /// The committed ledger of a partition in order.
    func ledger(_ partition: Int32 = 0) throws -> [CopiedRecord] {
        try records(.ledger).filter { $0.partition == partition }.sorted { $0.offset < $1.offset }
    }
}

extension [CopiedRecord] {
    /// The ledger records that answered an event id: each outcome with the reason for a refusal, or what the first answer was.
    func outcomes(_ id: String) -> [String] {
        filter { $0.text("id") == id }.map { record in
            [record.text("outcome"), record.text("rejection"), record.text("firstOutcome"), record.text("firstRejection")]
                .compactMap { $0 }.joined(separator: " ")
        }
    }

    /// The facts of a kind that no event brought.
    func facts(_ kind: String) -> [CopiedRecord] { filter { $0.text("kind") == kind && $0.text("outcome") == "internal" } }
}
