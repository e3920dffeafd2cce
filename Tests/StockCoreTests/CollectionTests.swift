import Testing

@testable import StockCore

/// The collections below the state, against plain ones.
struct CollectionTests {
    @Test(arguments: 0..<8) func slabKeepsRecordsAndUndoes(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var slab = Slab<Int>()
        var model: [Int32: Int] = [:]
        for _ in 0..<200 {
            let before = model
            let (bound, free) = (slab.slotBound, slab.freeHead)
            slab.begin()
            for _ in 0..<random.below(60) { change(&slab, &model, &random) }
            if random.below(3) == 0 {
                slab.abort()
                model = before
                #expect(slab.slotBound == bound && slab.freeHead == free)
            } else {
                slab.commit()
            }
            if random.below(4) == 0 { change(&slab, &model, &random) }
            #expect(slab.count == model.count)
            for slot in -1..<slab.slotBound + 1 {
                if slab.isLive(slot) != (model[slot] != nil) || slab.isLive(slot) && slab[slot] != model[slot] {
                    Issue.record("slot \(slot)")
                }
            }
        }
    }

    private func change(_ slab: inout Slab<Int>, _ model: inout [Int32: Int], _ random: inout SeededRandom) {
        let slot = model.keys.sorted().isEmpty ? nil : model.keys.sorted()[random.below(model.count)]
        switch (random.below(5), slot) {
        case (0...1, let slot?):
            slab.remove(slot)
            model[slot] = nil
        case (2, let slot?):
            slab[slot] += 1
            model[slot]! += 1
        default:
            let value = random.below(1_000_000)
            let slot = slab.insert(value)
            #expect(model[slot] == nil)
            model[slot] = value
        }
    }

    @Test func slabGrowsOverManyChunks() {
        var slab = Slab<Int64>()
        slab.begin()
        for value in 0..<5_000 { #expect(slab.insert(Int64(value)) == Int32(value)) }
        slab.abort()
        #expect(slab.count == 0 && slab.slotBound == 0)
        for value in 0..<5_000 { _ = slab.insert(Int64(value) * 3) }
        #expect(slab[4_999] == 14_997 && slab.count == 5_000)
    }

    /// Numbers of transactions begin anew one day: a slot must not look touched by a transaction that has the number again.
    @Test func slabUndoesWhenNumbersBeginAnew() {
        var slab = Slab<Int64>()
        // Touched in the transactions 1, 2 and 3.
        var slots = [slab.insert(0)]
        for _ in 0..<2 {
            slab.begin()
            slots.append(slab.insert(0))
            slab.commit()
        }
        slab.transaction = UInt32.max - 1
        for _ in 0..<6 {
            slab.begin()
            for (index, slot) in slots.enumerated() where Int(slab.transaction) == index + 1 { slab[slot] = -1 }
            slab.abort()
        }
        #expect(slab.transaction < 16 && slots.allSatisfy { slab[$0] == 0 })
    }

    @Test(arguments: 0..<8) func indexFindsAndUndoes(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var index = SlotIndex(capacity: 1)
        var model: [Int32: UInt64] = [:]
        // Few hashes, near each other and at the table's end: long runs that wrap around.
        let hashes: [UInt64] = (0..<40).map { UInt64(UInt32.max) &- 8 &+ UInt64($0 % 20) | UInt64($0) << 40 }
        for _ in 0..<200 {
            let before = model
            index.begin()
            for _ in 0..<random.below(40) {
                if random.below(2) == 0, let slot = model.keys.min() {
                    index.remove(model[slot]!, slot)
                    model[slot] = nil
                } else {
                    let slot = Int32(random.below(500))
                    guard model[slot] == nil else { continue }
                    model[slot] = hashes[random.below(hashes.count)]
                    index.insert(model[slot]!, slot)
                }
            }
            if random.below(3) == 0 {
                index.abort()
                model = before
            } else {
                index.commit()
            }
            #expect(index.count == model.count)
            for slot in Int32(0)..<500 {
                let hash = model[slot] ?? hashes[Int(slot) % hashes.count]
                let found = index.find(hash) { $0 == slot }
                if found != (model[slot] == nil ? -1 : slot) { Issue.record("slot \(slot) is at \(found)") }
            }
        }
    }

    /// Two heaps among the same nodes, of which each transaction may be taken back.
    @Test(arguments: 0..<4) func heapsGiveTheEarliestFirst(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var nodes = TimerNodes()
        var heaps = [TimerHeap(), TimerHeap()]
        var models: [[(Int64, Int32)]] = [[], []]
        for _ in 0..<200 {
            let (heapsBefore, modelsBefore) = (heaps, models)
            nodes.begin()
            for _ in 0..<random.below(40) {
                let which = random.below(2)
                if random.oneIn(20) {
                    let odd = random.below(3)
                    nodes.keep(in: &heaps[which]) { Int($0.slot) % 3 != odd }
                    models[which].removeAll { Int($0.1) % 3 == odd }
                } else if random.below(5) < 3 {
                    let entry = TimerHeap.Entry(atMilliseconds: Int64(random.below(50)), slot: Int32(random.below(10)))
                    nodes.push(entry, to: &heaps[which])
                    models[which].append((entry.atMilliseconds, entry.slot))
                } else {
                    models[which].sort { $0 < $1 }
                    let expected = models[which].first
                    let top = nodes.first(of: heaps[which])
                    let entry = nodes.pop(from: &heaps[which])
                    #expect(entry?.atMilliseconds == expected?.0 && entry?.slot == expected?.1 && top?.slot == entry?.slot)
                    if !models[which].isEmpty { models[which].removeFirst() }
                }
            }
            if random.oneIn(3) {
                nodes.abort()
                (heaps, models) = (heapsBefore, modelsBefore)
            } else {
                nodes.commit()
            }
            #expect(heaps.map { Int($0.count) } == models.map(\.count))
        }
    }

    /// As many holds on one SKU as may be, all with the same time to live: what was put in in order comes out in order, in good time.
    @Test func heapTakesManyInOrder() {
        var nodes = TimerNodes()
        var heap = TimerHeap()
        for slot in Int32(0)..<200_000 { nodes.push(TimerHeap.Entry(atMilliseconds: Int64(slot / 3), slot: slot), to: &heap) }
        for slot in Int32(0)..<200_000 where nodes.pop(from: &heap)?.slot != slot { Issue.record("not \(slot)") }
        #expect(heap.count == 0)
    }

    /// Whatever a closed record says comes back, in its 64 bytes or beside them.
    @Test func closedRecordsComeBackAsTheyWere() {
        #expect(MemoryLayout<ClosedRecords.Cell>.size == 64)
        var random = SeededRandom(seed: 1)
        var records = ClosedRecords()
        var model: [Int32: ClosedRecord] = [:]
        let numbers: [Int64] = [0, 1, 7, Int64(UInt32.max), Int64(UInt32.max) + 1, 1 << 47, (1 << 48) - 1, 1 << 48, -1, .max, .min]
        func text(_ record: ClosedRecord?) -> String { record.map { "\($0)" } ?? "-" }
        for _ in 0..<300 {
            let before = model
            records.begin()
            for _ in 0..<random.below(20) {
                let slot = model.keys.min().flatMap { random.below(2) == 0 ? $0 : nil }
                if let slot, random.oneIn(3) {
                    records.remove(slot)
                    model[slot] = nil
                    continue
                }
                var record = slot.map { records[$0] } ?? ClosedRecord()
                record.kind = ClosedKind.allCases[random.below(ClosedKind.allCases.count)]
                record.outcome = ClosedOutcome.allCases[random.below(ClosedOutcome.allCases.count)]
                record.status.isDirty = random.below(2) == 0
                record.status.isDead = random.below(2) == 0
                record.status.nextDirty = RecordReference(kind: random.below(2) == 0 ? .anew : .sku, slot: Int32(random.below(9)) - 1)
                record.status.writtenHash = UInt64(random.below(9))
                record.quantity = numbers[random.below(numbers.count)]
                record.shipped = random.below(2) == 0 ? record.quantity : numbers[random.below(numbers.count)]
                record.returned = random.below(2) == 0 ? 0 : numbers[random.below(numbers.count)]
                record.cores = random.below(2) == 0 ? 0 : numbers[random.below(numbers.count)]
                record.closedAtMilliseconds = numbers[random.below(numbers.count)]
                record.content = UInt64(random.below(9))
                let stored: Int32
                if let slot {
                    records[slot] = record
                    stored = slot
                } else {
                    stored = records.insert(record)
                }
                records.setNext(stored, 5)
                record.next = 5
                model[stored] = record
            }
            if random.oneIn(3) {
                records.abort()
                model = before
            } else {
                records.commit()
            }
            for slot in 0..<records.slotBound {
                let found = records.isLive(slot) ? records[slot] : nil
                if text(found) != text(model[slot]) { Issue.record("slot \(slot): \(text(found)), not \(text(model[slot]))") }
            }
        }
    }

    @Test func keysCompareByTheirBytes() {
        #expect(Key("a") < Key("b") && Key("a") < Key("aa") && !(Key("b") < Key("aa")) && Key() < Key("a"))
        #expect(Key(text: String(repeating: "x", count: 63))?.count == 63 && Key(text: String(repeating: "x", count: 64)) == nil)
        #expect(Key("a").description == "a" && Key().isEmpty && Key("a") != Key("b"))
        var hashes = Set<UInt64>()
        for length in 1...63 {
            for last in ["a", "b"] { hashes.insert(Key(text: String(repeating: "x", count: length - 1) + last)!.hash64) }
        }
        #expect(hashes.count == 126, "every byte counts, at every length")
    }

    @Test func hashesTellNeighboursApart() {
        func hash(_ parts: [String]) -> Hash128 {
            var hasher = Hasher128(seed: 5)
            for part in parts { hasher.combine(Key(text: part)!) }
            return hasher.finish()
        }
        #expect(hash(["ab", "c"]) != hash(["a", "bc"]) && hash(["a"]) != hash(["a", ""]) && !hash([]).isZero)
        #expect(hash(["a"]) == hash(["a"]))
        for length in 0...63 {
            let key = Key(text: String(repeating: "y", count: length))!
            var (words, bytes) = (Hasher128(seed: 9), Hasher128(seed: 9))
            words.combine(key)
            key.withBytes { bytes.combine($0) }
            #expect(words.finish() == bytes.finish(), "\(length)")
        }
    }
}
