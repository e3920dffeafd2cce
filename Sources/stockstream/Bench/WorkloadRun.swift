import Glibc
import KafkaAdapter
import StockSim
import StockStream

/// One stretch of records at one rate, and what became of them.
struct WorkloadRun {
    /// What was counted.
    struct Tally: Sendable {
        /// By `WorkloadRecordKind`.
        var kinds = [Int64](repeating: 0, count: WorkloadRecordKind.allCases.count)
        var handedOver: Int64 = 0
        var acknowledged: Int64 = 0
        var failed: Int64 = 0
        /// Bytes of keys and values.
        var bytes: Int64 = 0
        var firstError: String?
        /// From the first due time to the last hand-over, and to the last acknowledgement.
        var sendingMicroseconds: Int64 = 0
        var elapsedMicroseconds: Int64 = 0
        /// From a record's due time to its acknowledgement.
        var latency = LatencyHistogram()
        /// From a record's due time to its hand-over: how far this program or a full queue was behind.
        var delay = LatencyHistogram()

        /// Handed over and never reported.
        var unreported: Int64 { handedOver - acknowledged - failed }
    }

    private(set) var tally = Tally()
    private let producer: KafkaProducer
    private let owner: WorkloadProducer
    /// 0: as fast as possible.
    private let microsecondsPerRecord: Double
    private let clock = SystemClock()
    private let began: Int64

    /// A run whose first record is due now.
    init(producer: KafkaProducer, rate: Double?, owner: WorkloadProducer) {
        self.producer = producer
        self.owner = owner
        microsecondsPerRecord = rate.map { 1_000_000 / $0 } ?? 0
        began = clock.monotonicMicroseconds()
    }

    /// Sends up to so many records, for up to so long.
    mutating func send(_ workload: inout Workload, records: Int64?, milliseconds: Int64?) {
        let wallBegan = clock.wallMilliseconds()
        let most = records ?? Int64.max
        let end = milliseconds.map { began + $0 * 1_000 } ?? Int64.max
        var number: Int64 = 0
        while number < most && !owner.wasStopped {
            let now = clock.monotonicMicroseconds()
            var due = now
            if microsecondsPerRecord > 0 {
                due = began + Int64(Double(number) * microsecondsPerRecord)
                if due > now {
                    if due >= end { break }
                    wait(min(due, end) - now)
                    continue
                }
            }
            if due >= end { break }
            let record = workload.next(atMilliseconds: wallBegan + (due - began) / 1_000)
            handOver(record, due: due)
            number += 1
            if number & 0xFF == 0 { poll(waitMilliseconds: 0) }
        }
        tally.sendingMicroseconds = clock.monotonicMicroseconds() - began
    }

    /// Waits for the acknowledgements of everything. The client gives a record up after 30 s, so that all are reported by then.
    mutating func finish() {
        let producer = producer
        _ = producer.flush(waitMilliseconds: 35_000) { note($0) }
    }

    private mutating func handOver(_ record: WorkloadRecord, due: Int64) {
        // Room comes with reports; a broker that is away fails the oldest records after their time.
        while !owner.wasStopped {
            let outcome = producer.produce(
                0, partition: record.partition, key: record.key, value: record.value, headers: record.headers,
                number: UInt64(due - began))
            switch outcome {
            case .queued:
                tally.handedOver += 1
                tally.kinds[record.kind.rawValue] += 1
                tally.bytes += Int64((record.key?.count ?? 0) + (record.value?.count ?? 0))
                tally.delay.record(microseconds: clock.monotonicMicroseconds() - due)
                owner.noteHandedOver()
                return
            case .full: poll(waitMilliseconds: 10)
            case .failed(let error):
                tally.handedOver += 1
                count(error)
                return
            }
        }
    }

    /// Takes reports until the next record is due.
    private mutating func wait(_ microseconds: Int64) {
        if microseconds >= 1_000 {
            poll(waitMilliseconds: Int32(clamping: min(microseconds / 1_000, 100)))
        } else {
            poll(waitMilliseconds: 0)
            usleep(UInt32(microseconds))
        }
    }

    private mutating func poll(waitMilliseconds: Int32) {
        let producer = producer
        _ = producer.poll(waitMilliseconds: waitMilliseconds) { note($0) }
    }

    private mutating func note(_ delivery: KafkaProducer.Delivery) {
        let now = clock.monotonicMicroseconds()
        tally.elapsedMicroseconds = now - began
        if let error = delivery.error { return count(error) }
        tally.acknowledged += 1
        tally.latency.record(microseconds: now - began - Int64(delivery.number))
        owner.noteDelivery(isDelivered: true)
    }

    private mutating func count(_ error: PortError) {
        tally.failed += 1
        if tally.firstError == nil { tally.firstError = error.description }
        owner.noteDelivery(isDelivered: false)
    }
}
