import Testing

@testable import StockCore

/// Reports of lots that expire soon; what they do otherwise is in Tests/Cases.
struct ExpiringTests {
    private let day: Int64 = 86_400_000
    private let partition = Partition(checksEverything: false)

    init() { accept(partition, Events.define { $0.lotTracked = 1 }) }

    private func name(_ index: Int) -> Key { Key(text: "lot-\(index)")! }

    @Test func daysStandInOneNumber() {
        #expect(AlertDays([90, 60, 30])?.list == [90, 60, 30] && AlertDays([])?.packed == 0)
        #expect(AlertDays([36_500])?.list == [36_500] && AlertDays([36_501]) == nil)
        #expect(AlertDays([30, 60]) == nil && AlertDays([30, 30]) == nil && AlertDays([0]) == nil && AlertDays([4, 3, 2, 1]) == nil)
        var policy = Policy()
        #expect(AlertDays(of: policy) == AlertDays.usual)
        policy.expiryAlertDays = 0
        #expect(AlertDays(of: policy).list.isEmpty)
    }

    @Test func manyLotsAreReportedInBoundedFacts() {
        for place in 0..<3 {
            for index in 0..<700 {
                let receipt = Key(text: "r\(place)-\(index)")!
                let event = Events.receive(1, at: Key(text: "w\(place)")!, receipt)
                accept(partition, event.of(name(index), expiresAt: 1_000_000 + 100 * day))
            }
        }
        var fired = partition.fireTimers()
        #expect(fired.isEmpty)
        partition.wait(milliseconds: 1_000_000 + 10 * day - partition.now - 1)
        fired = partition.fireTimers()
        #expect(fired.isEmpty)
        partition.wait(milliseconds: 1)
        fired = partition.fireTimers()
        #expect(fired.map(\.kind) == [.lotExpiring, .lotExpiring, .lotExpiring] && fired.map(\.items.count) == [1_000, 1_000, 100])
        #expect(fired.map(\.total) == [90, 90, 90] && partition.transitions.count == 100)
        let transition = partition.transitions[99]
        #expect(transition.kind == .expiring && transition.threshold == 90 && transition.quantity == 1)
        #expect(transition.expiresAtMilliseconds == 1_000_000 + 100 * day && !transition.lot.isEmpty)
        partition.wait(milliseconds: 75 * day)
        // Receipts are forgotten meanwhile.
        fired = partition.fireTimers().filter { $0.kind == .lotExpiring }
        #expect(fired.map(\.total) == [30, 30, 30], "what was passed over is not reported late")
        partition.wait(milliseconds: 100 * day)
        fired = partition.fireTimers().filter { $0.kind != .forget }
        #expect(fired.map(\.kind) == [.lotExpire, .lotExpire, .lotExpire])
        #expect(partition.state.checkAll() == nil)
    }

    @Test func anAbortTakesAReportBack() {
        accept(partition, Events.receive(3).of("a", expiresAt: 1_000_000 + 91 * day))
        partition.wait(milliseconds: 2 * day)
        let before = everything(of: partition.state)
        partition.begin()
        var fired = partition.fireTimers()
        #expect(fired.map(\.total) == [90])
        partition.abort()
        #expect(everything(of: partition.state) == before)
        fired = partition.fireTimers()
        #expect(fired.map(\.total) == [90], "and it is made after all")
        fired = partition.fireTimers()
        #expect(fired.isEmpty)
    }
}
