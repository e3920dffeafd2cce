import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct SeekTests {
        /// Aborts move delivery back, back-pressure stops it: whatever the order, the next record of a partition is the one asked for. The
        /// input has neither markers nor gaps, so that one record too many or too few shows.
        @Test(arguments: [1, 2] as [UInt64]) func deliveryIsWhereItWasMovedTo(seed: UInt64) throws {
            let partitions: Int32 = 3
            let perPartition: Int64 = 3_000
            let test = try RealTest(partitions: partitions)
            try test.fill(partitions: partitions, count: Int(perPartition))
            let source = try test.source(partitions: partitions)
            defer { source.close() }
            let assigned = try within(seconds: 30, "assignment") { () -> [Int32]? in
                if case .assigned(let partitions) = source.poll(waitMilliseconds: 50) { partitions } else { nil }
            }
            source.accept(assigned)
            var random = Random(state: seed)
            var expected: [Int32: Int64] = [:]
            for round in 0..<100 {
                let partition = Int32(random.next(below: 3))
                if random.next(below: 4) == 0 {
                    source.stop(partition)
                    expected[partition] = nil
                } else {
                    let offset = Int64(random.next(below: UInt64(perPartition)))
                    source.start(partition, at: offset)
                    expected[partition] = offset
                }
                let records = Int(random.next(below: 400))
                try deliver(source, &expected, records: records, end: perPartition, round: "seed \(seed), round \(round)")
            }
        }

        /// Polls until so many records have come, or all running partitions have ended.
        private func deliver(
            _ source: KafkaRecordSource, _ expected: inout [Int32: Int64], records: Int, end: Int64, round: String
        ) throws {
            var left = records
            _ = try within(seconds: 20, "records, \(round), \(expected)") { () -> Bool? in
                guard left > 0, expected.values.contains(where: { $0 < end }) else { return true }
                switch source.poll(waitMilliseconds: 10) {
                case .record(let view):
                    try #require(expected[view.partition] == view.offset, "\(round), partition \(view.partition)")
                    expected[view.partition] = view.offset + 1
                    left -= 1
                case .endOfPartition(let partition, let offset):
                    try #require(expected[partition] == end && offset == end, "\(round), partition \(partition)")
                case .failed(let error): throw error
                default: break
                }
                return nil
            }
        }

        /// A small generator with a seed (SplitMix64).
        private struct Random {
            var state: UInt64

            mutating func next(below bound: UInt64) -> UInt64 {
                state &+= 0x9E37_79B9_7F4A_7C15
                var mixed = state
                mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
                mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
                return (mixed ^ (mixed >> 31)) % bound
            }
        }
    }
}
