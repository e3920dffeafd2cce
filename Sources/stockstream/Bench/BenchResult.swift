import Glibc
import StockSim
import StockStream
import StockWire

/// The result of `bench produce`, written as one JSON object (docs/benchmark-producer.md).
struct BenchResult: Sendable {
    let settings: WorkloadProducer.Settings
    let partitions: Int32
    var startedAtMilliseconds: Int64 = 0
    var wasStopped = false
    /// The opening stock; nil: there was none.
    var prefill: WorkloadRun.Tally?
    /// The run that is measured.
    var tally = WorkloadRun.Tally()

    init(settings: WorkloadProducer.Settings, partitions: Int32) {
        self.settings = settings
        self.partitions = partitions
    }

    /// Whether every record was acknowledged.
    var isComplete: Bool { tally.acknowledged == tally.handedOver && (prefill.map { $0.acknowledged == $0.handedOver } ?? true) }

    /// The object, without a line end.
    var json: String {
        var buffer = ByteBuffer(capacity: 4_096)
        buffer.openObject()
        buffer.member("tool", literal: "stockstream bench produce")
        buffer.member("toolVersion", text: stockstreamVersion)
        buffer.member("startedAt", timestamp: startedAtMilliseconds)
        buffer.member("cores", Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        buffer.member("topic", text: settings.topic)
        buffer.member("partitions", Int64(partitions))
        writeOptions(into: &buffer)
        buffer.member("stoppedBySignal", flag: wasStopped)
        BenchResult.write(tally, into: &buffer)
        if let prefill {
            buffer.member("prefill")
            buffer.openObject()
            BenchResult.write(prefill, into: &buffer)
            buffer.closeObject()
        }
        buffer.closeObject()
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private func writeOptions(into buffer: inout ByteBuffer) {
        let workload = settings.workload
        buffer.member("options")
        buffer.openObject()
        // A seed can have all 64 bits, and readers of JSON keep 53.
        buffer.member("seed", text: "\(workload.seed)")
        buffer.member("mix", text: workload.mix.rawValue)
        buffer.member("skus", Int64(workload.skus))
        buffer.member("skew", number: workload.skew)
        if let records = settings.records { buffer.member("events", records) }
        if let duration = settings.durationMilliseconds { buffer.member("durationSeconds", number: Double(duration) / 1_000) }
        if let rate = settings.rate { buffer.member("rate", number: rate) }
        buffer.member("duplicates", number: workload.duplicates)
        buffer.member("conflicts", number: workload.conflicts)
        buffer.member("malformed", number: workload.malformed)
        buffer.member("misrouted", number: workload.misrouted)
        buffer.member("cloudEvents", number: workload.cloudEvents)
        buffer.member("prefill", flag: workload.hasPrefill)
        buffer.member("lingerMilliseconds", Int64(settings.lingerMilliseconds))
        buffer.closeObject()
    }

    private static func write(_ tally: WorkloadRun.Tally, into buffer: inout ByteBuffer) {
        buffer.member("handedOver", tally.handedOver)
        buffer.member("acknowledged", tally.acknowledged)
        buffer.member("failed", tally.failed)
        buffer.member("unreported", tally.unreported)
        if let error = tally.firstError { buffer.member("firstError", text: error) }
        buffer.member("kinds")
        buffer.openObject()
        buffer.member("event", tally.kinds[WorkloadRecordKind.event.rawValue])
        buffer.member("duplicate", tally.kinds[WorkloadRecordKind.duplicate.rawValue])
        buffer.member("conflict", tally.kinds[WorkloadRecordKind.conflict.rawValue])
        buffer.member("malformed", tally.kinds[WorkloadRecordKind.malformed.rawValue])
        buffer.member("misrouted", tally.kinds[WorkloadRecordKind.misrouted.rawValue])
        buffer.closeObject()
        buffer.member("bytes", tally.bytes)
        buffer.member("sendingSeconds", number: Double(tally.sendingMicroseconds) / 1_000_000)
        buffer.member("elapsedSeconds", number: Double(tally.elapsedMicroseconds) / 1_000_000)
        let elapsed = Double(max(tally.elapsedMicroseconds, 1)) / 1_000_000
        buffer.member("rateAchieved", number: Double(tally.acknowledged) / elapsed)
        write("deliveryLatencyMilliseconds", tally.latency, into: &buffer)
        write("handOverDelayMilliseconds", tally.delay, into: &buffer)
    }

    private static func write(_ name: StaticString, _ histogram: LatencyHistogram, into buffer: inout ByteBuffer) {
        func milliseconds(_ percentile: Double) -> Double { Double(histogram.microseconds(atPercentile: percentile)) / 1_000 }
        buffer.member(name)
        buffer.openObject()
        buffer.member("count", Int64(clamping: histogram.count))
        buffer.member("mean", number: histogram.meanMicroseconds / 1_000)
        buffer.member("p50", number: milliseconds(50))
        buffer.member("p90", number: milliseconds(90))
        buffer.member("p99", number: milliseconds(99))
        buffer.member("p99.9", number: milliseconds(99.9))
        buffer.member("max", number: Double(histogram.highestMicroseconds) / 1_000)
        buffer.closeObject()
    }
}

extension ByteBuffer {
    fileprivate mutating func member(_ name: StaticString, text: String) {
        var text = text
        text.withUTF8 { member(name, UnsafeRawBufferPointer($0)) }
    }

    /// A finite number, rounded to six decimals.
    fileprivate mutating func member(_ name: StaticString, number: Double) {
        member(name)
        let rounded = (number * 1_000_000).rounded() / 1_000_000
        append(text: rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int64(rounded))" : "\(rounded)")
    }
}
