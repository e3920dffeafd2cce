import StockCore
import Testing

extension SeededRandom: RandomNumberGenerator {}

/// Plans over several locations, beside a brute force that shares nothing with them.
struct AllocationTests {
    /// A place with what it has, and what a plan takes there.
    private struct Place: Equatable {
        var name: String
        var units: Int64
        var distance: Int64 = 0
        var expiry = Int64.max
    }

    private func plan(_ need: Int64, _ strategy: Strategy, split: Bool = true, _ places: [Place]) -> [String] {
        var choices = places.enumerated().map { rank, place in
            var choice = Choice(Key(text: place.name)!, available: place.units, rank: rank)
            choice.distance = place.distance
            choice.expiresAtMilliseconds = place.expiry
            return choice
        }
        let count = choices.withUnsafeMutableBufferPointer { Allocation.plan(need, strategy, allowsSplit: split, $0) }
        #expect(choices[count...].allSatisfy { $0.taken == 0 })
        return choices[..<count].map { "\($0.location) \($0.taken)" }
    }

    private let two = [Place(name: "L1", units: 10), Place(name: "L2", units: 15)]

    @Test func eachSplitTakesFromWhatIsLeft() {
        // B74: the second location gets the rest, not the whole need.
        #expect(plan(13, .priority, two) == ["L1 10", "L2 3"])
        #expect(plan(25, .priority, two) == ["L1 10", "L2 15"])
        #expect(plan(26, .priority, two) == [])
    }

    @Test func oneLocationThatHasAllIsPreferred() {
        #expect(plan(13, .singleFirst, two) == ["L2 13"])
        // Of several that have all, the first in the order given.
        #expect(plan(10, .singleFirst, two) == ["L1 10"])
        #expect(plan(16, .singleFirst, two) == ["L1 10", "L2 6"])
    }

    @Test func strategiesDiffer() {
        let places = [
            Place(name: "A", units: 4, distance: 30, expiry: 20), Place(name: "B", units: 9, distance: 20, expiry: 30),
            Place(name: "C", units: 6, distance: 10, expiry: 10),
        ]
        #expect(plan(7, .priority, places) == ["A 4", "B 3"])
        #expect(plan(7, .nearest, places) == ["C 6", "B 1"])
        #expect(plan(7, .highestFree, places) == ["B 7"])
        #expect(plan(7, .fefoFirst, places) == ["C 6", "A 1"])
        // 9, 6 and 4 become 4, 4 and 4.
        #expect(plan(7, .balanced, places) == ["B 5", "C 2"])
        #expect(plan(8, .balanced, places) == ["B 5", "C 2", "A 1"])
    }

    @Test func aSplitMayBeRefused() {
        #expect(plan(16, .priority, split: false, two) == [])
        #expect(plan(13, .priority, split: false, two) == ["L2 13"])
        #expect(plan(2, .balanced, split: false, two) == ["L2 2"])
        #expect(plan(2, .priority, split: false, two) == ["L1 2"])
    }

    @Test func tiesEndInTheLocationsName() {
        let places = [Place(name: "Z", units: 5), Place(name: "M", units: 5), Place(name: "A", units: 5)]
        for strategy in [Strategy.nearest, .highestFree, .fefoFirst] { #expect(plan(7, strategy, places) == ["A 5", "M 2"]) }
        #expect(plan(4, .balanced, places) == ["A 2", "M 1", "Z 1"])
    }

    @Test func asManyLocationsAsARequestMayName() {
        let places = (0..<EventLimits.maxCandidates).map { Place(name: "L\(10 + $0)", units: 1) }
        for strategy in Strategy.allCases {
            #expect(plan(Int64(places.count), strategy, places).count == places.count)
            #expect(plan(Int64(places.count) + 1, strategy, places) == [])
        }
        let largest = places.map { Place(name: $0.name, units: EventLimits.maxBalance) }
        #expect(plan(EventLimits.maxQuantity, .balanced, largest).count == EventLimits.maxCandidates)
    }

    // MARK: Brute force

    /// The plan as its definition has it: for the fewest splits every set of locations, and evenly unit by unit.
    private func obvious(_ need: Int64, _ strategy: Strategy, _ places: [Place]) -> [String: Int64]? {
        guard places.reduce(0, { $0 + $1.units }) >= need else { return nil }
        var order = places
        switch strategy {
        case .singleFirst:
            var best: [Int] = Array(places.indices)
            for set in 1..<(1 << places.count) {
                let members = places.indices.filter { set >> $0 & 1 == 1 }
                guard members.reduce(0, { $0 + places[$1].units }) >= need else { continue }
                if members.count < best.count || members.count == best.count && members.lexicographicallyPrecedes(best) { best = members }
            }
            order = best.map { places[$0] }
        case .priority: break
        case .nearest: order.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
        case .highestFree: order.sort { (-$0.units, $0.name) < (-$1.units, $1.name) }
        case .fefoFirst: order.sort { ($0.expiry, $0.name) < ($1.expiry, $1.name) }
        case .balanced:
            var taken: [String: Int64] = [:]
            for _ in 0..<need {
                let next = places.min { a, b in
                    (-(a.units - taken[a.name, default: 0]), a.name) < (-(b.units - taken[b.name, default: 0]), b.name)
                }
                taken[next!.name, default: 0] += 1
            }
            return taken
        }
        var taken: [String: Int64] = [:]
        var left = need
        for place in order where min(left, place.units) > 0 {
            taken[place.name] = min(left, place.units)
            left -= min(left, place.units)
        }
        return taken
    }

    @Test(arguments: 0..<40) func theSameAsByBruteForce(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<60 {
            let places = (0..<Int.random(in: 1...7, using: &random)).map { index in
                Place(
                    name: "L\(index)", units: Int64.random(in: 0...12, using: &random), distance: Int64.random(in: 0...3, using: &random),
                    expiry: Int64.random(in: 0...3, using: &random))
            }.shuffled(using: &random)
            let need = Int64.random(in: 1...40, using: &random)
            for strategy in Strategy.allCases {
                let found = plan(need, strategy, places)
                let wanted = obvious(need, strategy, places)?.map { "\($0) \($1)" } ?? []
                #expect(found.sorted() == wanted.sorted(), "\(strategy) \(need) of \(places)")
                if strategy != .singleFirst && strategy != .priority {
                    #expect(found == plan(need, strategy, places.shuffled(using: &random)), "the order given does not matter")
                }
                let single = plan(need, strategy, split: false, places)
                #expect(single.isEmpty == !places.contains { $0.units >= need } && single.count <= 1)
            }
        }
    }
}
