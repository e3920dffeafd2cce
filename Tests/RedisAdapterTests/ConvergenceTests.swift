import RedisAdapter
import StockCore
import StockStream
import Testing

/// Random faults, then healing: the view always keeps its watermark's promise, no zombie's value is ever seen, and in the end it is whole.
@Suite(.enabled(if: RedisServer.isInstalled), .serialized) struct ConvergenceTests {
    struct Truth {
        var version: Int64
        var seq: Int64
    }

    /// The worker's part as the engine plays it: a dirty set, one batch in flight, the watermark before the oldest dirty change.
    final class Worker {
        let driver: Driver
        let claim: Int64
        var dirty: Set<Int> = []
        var inFlight: Set<Int> = []
        var lastBatch: Int64 = 0
        var isOwner = false
        /// What it knew when it was succeeded; nil while it is the last owner.
        var frozen: (truth: [Truth], lastSeq: Int64)?
        /// Once its successor has taken the view, everything that it writes must never be seen.
        var isZombie = false

        init(_ settings: RedisSettings, claim: Int64, seed: UInt64) {
            driver = Driver(settings, seed: seed)
            self.claim = claim
            driver.projector.own(0, incarnation: 100, claim: claim)
        }

        func take(_ current: [Truth]) {
            let truth = frozen?.truth ?? current
            driver.poll()
            for event in driver.takeEvents() {
                switch event {
                case .owned(_, let watermark):
                    isOwner = true
                    lastBatch = watermark?.batch ?? 0
                    dirty = Set(truth.indices.filter { truth[$0].seq > watermark?.seq ?? -1 })
                case .applied: inFlight = []
                case .interrupted:
                    dirty.formUnion(inFlight)
                    inFlight = []
                case .superseded: isOwner = false
                }
            }
        }

        func send(_ current: [Truth], lastSeq last: Int64) {
            let (truth, lastSeq) = frozen ?? (current, last)
            guard isOwner, !dirty.isEmpty, inFlight.isEmpty, driver.projector.isReady(0) else { return }
            let batch = Set(dirty.sorted { truth[$0].seq < truth[$1].seq }.prefix(4))
            dirty.subtract(batch)
            inFlight = batch
            let oldest = dirty.map { truth[$0].seq }.min()
            lastBatch += 1
            let mark = Watermark.at(lastBatch, claim: claim, seq: oldest.map { $0 - 1 } ?? lastSeq)
            let skus = batch.sorted().map { SKU("S\($0)", version: isZombie ? -1 : truth[$0].version, seq: truth[$0].seq, available: 1) }
            _ = driver.send(skus, mark)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func theViewConverges(seed: UInt64) throws {
        var random = Random(state: seed)
        let server = try RedisServer()
        let relay = Relay(to: server.socket, in: server.folder)
        defer { relay.set { $0.isStopped = true } }
        let settings = RedisSettings(endpoint: .unix(path: relay.path), answerTimeoutMilliseconds: 60)
        let reader = server.reader
        var truth = (0..<12).map { Truth(version: 1, seq: Int64($0) + 1) }
        var lastSeq = Int64(truth.count)
        var workers = [Worker(settings, claim: 1, seed: seed)]
        var faults: [String: Int] = [:]

        for _ in 0..<600 {
            let owner = workers[workers.count - 1]
            switch random.next(upTo: 40) {
            case 0:
                relay.set { $0.swallowsAnswers = true }
                faults["answers lost", default: 0] += 1
            case 1:
                relay.set { $0.holdsRequests = true }
                faults["requests late", default: 0] += 1
            case 2, 3, 4:
                relay.set {
                    $0.swallowsAnswers = false
                    $0.holdsRequests = false
                }
            case 5 where random.next(upTo: 4) == 0:
                // With the claim gone, a zombie could take the view until the owner looks again. It would project what it knows, committed
                // facts all of them, and not the marked values of this test: leave none.
                workers.removeFirst(workers.count - 1)
                try reader.flushAll()
                faults["flushed", default: 0] += 1
            case 6 where random.next(upTo: 2) == 0:
                owner.frozen = (truth, lastSeq)
                workers.append(Worker(settings, claim: owner.claim + 1, seed: seed))
                faults["new owner", default: 0] += 1
            case 7..<20:
                let index = Int(random.next(upTo: UInt64(truth.count)))
                lastSeq += 1
                truth[index] = Truth(version: truth[index].version + 1, seq: lastSeq)
                owner.dirty.insert(index)
            default: break
            }
            for (index, worker) in workers.enumerated().suffix(3) {
                worker.take(truth)
                if worker.isOwner { workers[..<index].forEach { $0.isZombie = true } }
                worker.send(truth, lastSeq: lastSeq)
            }
            try check(reader, truth, claim: workers[workers.count - 1].claim)
        }
        print("seed \(seed): \(faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
        relay.set {
            $0.swallowsAnswers = false
            $0.holdsRequests = false
        }
        let owner = workers[workers.count - 1]
        let isWhole = try eventually {
            owner.take(truth)
            owner.send(truth, lastSeq: lastSeq)
            return try owner.isOwner && owner.dirty.isEmpty && owner.inFlight.isEmpty && reader.watermark(0)?.seq == lastSeq
        }
        #expect(isWhole)
        for index in truth.indices { #expect(try reader.sku("S\(index)")["version"] == String(truth[index].version)) }
    }

    /// Everything that the watermark speaks for is there. What is read in several commands counts only if the watermark stood still.
    private func check(_ reader: RedisReader, _ truth: [Truth], claim: Int64) throws {
        guard let before = try reader.watermark(0), before.claim == claim else { return }
        var wrong: [String] = []
        for (index, value) in truth.enumerated() {
            let version = try reader.sku("S\(index)")["version"].flatMap { Int64($0) }
            if value.seq <= before.seq && version != value.version { wrong.append("S\(index) \(version ?? 0), not \(value.version)") }
            if version == -1 && value.seq <= before.seq { wrong.append("S\(index) is a zombie's") }
        }
        guard try reader.watermark(0) == before else { return }
        #expect(wrong.isEmpty, "at \(before)")
    }
}

/// SplitMix64.
struct Random {
    var state: UInt64

    mutating func next(upTo limit: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)) % limit
    }
}
