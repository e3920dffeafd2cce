import StockCore
import StockWire
import Testing

@testable import StockStream

/// How checkpoints are spread (DESIGN 4.3).
@Suite struct CheckpointTests {
    /// The state records of each transaction, by the SKUs of their headers and their number.
    private func parts(_ world: StreamWorld, _ partition: Int32) -> [(skus: [Key], count: Int)] {
        var parts: [(skus: [Key], count: Int)] = [([], 0)]
        for entry in world.kafka.log(OutputTopic.state, partition).entries {
            switch entry {
            case .marker: parts.append(([], 0))
            case .gone: break
            case .record(let record, _):
                parts[parts.count - 1].count += 1
                if case .header(let header)? = try? StateDecoder.decode(key: record.key!, value: record.value) {
                    parts[parts.count - 1].skus.append(header.key)
                }
            }
        }
        return parts.dropLast()
    }

    /// Fails where more than one task writes its checkpoint in a transaction, or one task alone has all the turns.
    @Test func tasksTakeTurns() {
        let world = StreamWorld(partitions: 3) {
            $0.checkpointIntervalMilliseconds = 50
            $0.checkpointLeastAgeMilliseconds = 0
        }
        let engine = world.engine("one", [0, 1, 2])
        for _ in 0..<30 {
            for partition: Int32 in [0, 1, 2] { world.receive(world.sku(partition), 1) }
            world.run(engine, turns: 2)
        }
        var owners: [ObjectIdentifier: Set<Int32>] = [:]
        for partition: Int32 in [0, 1, 2] {
            let log = world.kafka.log(OutputTopic.state, partition)
            #expect(log.committedRecords.count > 10)
            for case .record(_, let transaction?) in log.entries { owners[ObjectIdentifier(transaction), default: []].insert(partition) }
        }
        #expect(owners.values.allSatisfy { $0.count == 1 })
    }

    @Test func withRoomTheIntervalCounts() {
        let world = StreamWorld {
            $0.checkpointIntervalMilliseconds = 200
            $0.checkpointLeastAgeMilliseconds = 0
        }
        let engine = world.engine("one", [0])
        let began = world.clock.wallMilliseconds()
        for _ in 0..<100 {
            world.receive("S", 1)
            world.run(engine, turns: 1)
        }
        let due = Int((world.clock.wallMilliseconds() - began) / 200)
        #expect((due - 2...due + 1).contains(parts(world, 0).count), "\(parts(world, 0).count) in \(due) intervals")
    }

    /// A SKU that changes in every turn is written once in a least age, one that has changed once is written when its change is that old,
    /// and all of them where nothing comes.
    @Test func whileInputComesTheLeastAgeCounts() {
        let world = StreamWorld {
            $0.checkpointIntervalMilliseconds = 10
            $0.checkpointLeastAgeMilliseconds = 1_000
        }
        let engine = world.engine("one", [0])
        func written(_ sku: String) -> Int { parts(world, 0).filter { $0.skus.contains(Key(text: sku)!) }.count }
        let began = world.clock.wallMilliseconds()
        world.receive("once", 1)
        world.receive("often", 1)
        while world.clock.wallMilliseconds() - began < 3_500 {
            if world.clock.wallMilliseconds() - began < 900 { #expect(written("once") == 0) }
            world.receive("often", 1)
            world.run(engine, turns: 1)
        }
        #expect(written("once") == 1)
        #expect((2...4).contains(written("often")), "\(written("often"))")
        let before = written("often")
        world.settle(engine)
        world.run(engine, turns: 20)
        #expect(written("often") == before + 1)
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// All records of a SKU travel together; one that alone has more than the limit goes alone, whole.
    @Test func aSKUWithManyRecordsGoesAlone() {
        let world = StreamWorld {
            $0.checkpointRecordsPerTransaction = 6
            $0.checkpointIntervalMilliseconds = 100
        }
        let engine = world.engine("one", [0])
        for index in 0..<4 { world.receive(world.sku(0, index), 100) }
        for index in 0..<20 { world.hold(world.sku(0, 2), "h\(index)", 1) }
        world.settle(engine)
        world.run(engine, turns: 100)
        let large = parts(world, 0).filter { $0.skus.contains(Key(text: world.sku(0, 2))!) }
        #expect(large.count == 1 && large[0].skus.count == 1 && large[0].count >= 22, "\(parts(world, 0))")
        #expect(parts(world, 0).filter { $0.skus.count > 1 }.allSatisfy { $0.count <= 6 + 2 }, "with the mark and a block of ids")
        #expect(Set(parts(world, 0).flatMap(\.skus)).count == 4)
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// Under load a quarter of the records is the aim; what has become too old wins.
    @Test func underLoadTheShareCountsAndThenTheAge() {
        let world = StreamWorld {
            $0.batchRecords = 20
            $0.checkpointIntervalMilliseconds = 0
            $0.checkpointLeastAgeMilliseconds = 0
        }
        let engine = world.engine("one", [0])
        for index in 0..<2_000 { world.receive("S\(index)", 1) }
        world.settle(engine)
        let records = parts(world, 0).reduce(0) { $0 + $1.count }
        // Of each SKU two records; a mark a transaction, and the part that is begun is finished.
        #expect((400...1_000).contains(records), "\(records)")
        world.clock.advance(milliseconds: 31_000)
        for index in 0..<20 { world.receive("S\(index)", 1) }
        world.settle(engine)
        #expect(parts(world, 0).reduce(0) { $0 + $1.count } - records > 2_000)
    }
}
