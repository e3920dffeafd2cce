import Testing

@testable import StockCore

/// The id window: eviction, undo, blocks of the checkpoint, restore.
struct IDWindowTests {
    private func entry(_ number: Int64, at time: Int64 = 0) -> IDEntry {
        var entry = IDEntry()
        entry.id = Hash128(high: UInt64(number) + 1, low: UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
        entry.seq = number + 1
        entry.timeMilliseconds = time
        return entry
    }

    private var limits: StateLimits {
        var limits = StateLimits()
        limits.idWindowEntries = 5_000
        limits.idWindowMilliseconds = 100
        limits.idWindowCap = 10_000
        return limits
    }

    @Test(arguments: 0..<4) func knowsWhatItHolds(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var window = IDWindow(cap: limits.idWindowCap)
        var number: Int64 = 0
        for round in 0..<200 {
            let start = number
            window.begin()
            for _ in 0..<random.below(2_000) {
                window.append(entry(number, at: Int64(round)))
                number += 1
            }
            if random.oneIn(3) {
                window.abort()
                number = start
            } else {
                window.commit()
                window.evict(limits: limits, logTimeMilliseconds: Int64(round), most: 1_000)
            }
            #expect(window.tail == number && window.count <= limits.idWindowCap)
            for position in [window.head - 1, window.head, (window.head + window.tail) / 2, window.tail - 1, window.tail]
            where position >= 0 {
                let isKnown = position >= window.head && position < window.tail
                if (window.find(entry(position).id)?.seq == position + 1) != isKnown { Issue.record("position \(position)") }
            }
        }
        #expect(window.evictedEarly > 0 && window.head > 0)
    }

    @Test func oneTransactionMayAddManyAboveTheCap() {
        var limits = limits
        limits.idWindowEntries = 1
        limits.idWindowCap = 1
        var window = IDWindow(cap: limits.idWindowCap)
        for round in 0..<3 {
            window.begin()
            for number in 0..<StateLimits.idsPerTransaction { window.append(entry(Int64(round * StateLimits.idsPerTransaction + number))) }
            window.commit()
            window.evict(limits: limits, logTimeMilliseconds: 0, most: 1)
            #expect(window.count == 1)
        }
    }

    @Test func blocksAreWrittenFullOrWhereForced() {
        var window = IDWindow(cap: limits.idWindowCap)
        let size = Int64(StateLimits.idsPerBlock)
        #expect(window.nextBlock(isForced: true) == nil)
        for number in 0..<size - 1 { window.append(entry(number)) }
        #expect(window.nextBlock(isForced: false) == nil && window.writtenThroughSeq(at: 9_999) == 0)
        let partial = window.nextBlock(isForced: true)
        #expect(partial?.number == 0 && partial?.positions == 0..<size - 1)
        window.noteWritten(through: size - 1)
        #expect(window.nextBlock(isForced: true) == nil && window.writtenThroughSeq(at: 9_999) == 9_999)
        window.append(entry(size - 1))
        // The block that was partly filled is written again, whole, under the same number.
        let full = window.nextBlock(isForced: false)
        #expect(full?.number == 0 && full?.positions == 0..<size)
        #expect(window.writtenThroughSeq(at: 9_999) == size - 1)
        window.noteWritten(through: size)
        window.append(entry(size))
        #expect(window.nextBlock(isForced: false) == nil && window.nextBlock(isForced: true)?.number == 1)
    }

    @Test func blocksThatLeftGetTombstonesOnce() {
        var window = IDWindow(cap: limits.idWindowCap)
        for number in 0..<Int64(14_000) { window.append(entry(number)) }
        #expect(window.nextRemovedBlock == nil)
        window.evict(limits: limits, logTimeMilliseconds: 1_000, most: 100_000)
        #expect(window.count == 5_000 && window.head == 9_000)
        window.begin()
        #expect(window.nextRemovedBlock == 0)
        window.noteRemoved()
        #expect(window.nextRemovedBlock == 1)
        window.noteRemoved()
        #expect(window.nextRemovedBlock == nil)
        window.abort()
        #expect(window.nextRemovedBlock == 0)
        // What left before it was written is not written any more.
        let next = window.nextBlock(isForced: false)
        #expect(next?.number == 2 && next?.positions == 9_000..<12_288)
    }

    @Test func restoresFromTheMiddleOfABlock() {
        var window = IDWindow(cap: limits.idWindowCap)
        for number in 0..<Int64(14_000) { window.append(entry(number, at: 50)) }
        window.evict(limits: limits, logTimeMilliseconds: 1_000, most: 100_000)
        var restored = IDWindow(cap: limits.idWindowCap)
        restored.restoreStart(at: window.head, evictedThroughMilliseconds: window.evictedThroughMilliseconds)
        for position in window.head..<13_000 { restored.restoreAppend(window.entry(at: position)) }
        #expect(restored.writtenPosition == 13_000 && restored.nextBlock(isForced: true) == nil)
        for position in 13_000..<window.tail { restored.append(window.entry(at: position)) }
        #expect(restored.head == 9_000 && restored.tail == 14_000 && restored.evictedThroughMilliseconds == 50)
        for position in window.head..<window.tail where restored.find(entry(position).id) != window.find(entry(position).id) {
            Issue.record("position \(position)")
        }
        #expect(restored.find(entry(8_999).id) == nil && restored.nextRemovedBlock == nil)
        let block = restored.nextBlock(isForced: true)
        #expect(block?.number == 3 && block?.positions == 12_288..<14_000)
    }
}
