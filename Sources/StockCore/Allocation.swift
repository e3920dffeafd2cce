/// How a request that names several locations chooses among them (domain: c16). Raw values are stored and never change.
public enum Strategy: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// The first in the order given that has all; where none has, as few locations as possible, the first ones in that order.
    case singleFirst = 0
    /// In the order given.
    case priority = 1
    /// The one with the least distance first; the request tells the distances.
    case nearest = 2
    /// The one with the most available first.
    case highestFree = 3
    /// The one first whose units that live long enough expire first.
    case fefoFirst = 4
    /// So that what is left is as even as possible: each unit from where the most is left.
    case balanced = 5
}

/// A location that a request may be met from.
public struct Candidate: Sendable, Equatable, BitwiseCopyable {
    /// The location.
    public var location: Key
    /// How far it is, in whatever the sender measures; 0 where the strategy does not ask.
    public var distance: Int64

    /// A candidate with its distance.
    public init(_ location: Key, distance: Int64 = 0) {
        self.location = location
        self.distance = distance
    }
}

/// What a plan knows of a candidate, and how much it takes there.
public struct Choice: Sendable, Equatable, BitwiseCopyable {
    /// The location.
    public var location: Key
    /// What can be promised there; not below 0.
    public var available: Int64
    /// See `Candidate`.
    public var distance: Int64 = 0
    /// When the units expire that go first; `Int64.max`: never.
    public var expiresAtMilliseconds = Int64.max
    /// Its place in the request.
    public var rank = 0
    /// What the plan takes there.
    public var taken: Int64 = 0

    /// A candidate that nothing is taken from yet.
    public init(_ location: Key, available: Int64, rank: Int) {
        self.location = location
        self.available = available
        self.rank = rank
    }
}

/// Where the units of a request come from: the same request and the same levels give the same plan.
public enum Allocation {
    /// Plans `need` units, more than 0, over the choices, which are of different locations.
    ///
    /// - Parameters:
    ///   - allowsSplit: whether several locations may meet it together.
    ///   - choices: the first of them become those that the plan takes from, in the order of the strategy; at most
    ///     `EventLimits.maxCandidates`.
    /// - Returns: how many those are; 0: it can't be met, and nothing is taken. O(candidates squared), `singleFirst` cubed where it splits.
    public static func plan(
        _ need: Int64, _ strategy: Strategy, allowsSplit: Bool, _ choices: UnsafeMutableBufferPointer<Choice>
    ) -> Int {
        assert(need > 0 && choices.count <= EventLimits.maxCandidates)
        sort(choices) { isBefore($0, $1, strategy) }
        let single = choices.firstIndex { $0.available >= need }
        if strategy == .singleFirst || !allowsSplit {
            if let single {
                choices[single].taken = need
                choices.swapAt(0, single)
                return 1
            }
            if !allowsSplit { return 0 }
        }
        guard choices.reduce(0, { $0 + $1.available }) >= need else { return 0 }
        switch strategy {
        case .singleFirst: takeFromFewest(need, choices)
        case .balanced: takeEvenly(need, choices)
        default:
            var left = need
            for index in choices.indices {
                choices[index].taken = min(left, choices[index].available)
                left -= choices[index].taken
            }
        }
        return moveTakenToFront(choices)
    }

    /// The order in which a strategy asks; no two choices are equal in it.
    private static func isBefore(_ a: Choice, _ b: Choice, _ strategy: Strategy) -> Bool {
        switch strategy {
        case .singleFirst, .priority: return a.rank < b.rank
        case .nearest where a.distance != b.distance: return a.distance < b.distance
        case .highestFree where a.available != b.available, .balanced where a.available != b.available: return a.available > b.available
        case .fefoFirst where a.expiresAtMilliseconds != b.expiresAtMilliseconds: return a.expiresAtMilliseconds < b.expiresAtMilliseconds
        default: return a.location < b.location
        }
    }

    /// As few locations as possible: as many as the largest ones together need. Of the sets of so many that have enough, the one whose
    /// members come first. The choices stand in the order given, and have enough together.
    private static func takeFromFewest(_ need: Int64, _ choices: UnsafeMutableBufferPointer<Choice>) {
        var count = 1
        while largest(count, of: choices[...]) < need { count += 1 }
        var left = need
        for index in choices.indices where count > 0 {
            // Whether those behind it can meet what it leaves.
            if choices[index].available + largest(count - 1, of: choices[(index + 1)...]) < left { continue }
            choices[index].taken = min(left, choices[index].available)
            left -= choices[index].taken
            count -= 1
        }
        assert(left == 0)
    }

    /// What the `count` largest of the choices have together.
    private static func largest(_ count: Int, of choices: Slice<UnsafeMutableBufferPointer<Choice>>) -> Int64 {
        var sum: Int64 = 0
        var seen: UInt64 = 0
        for _ in 0..<count {
            var best = -1
            for index in choices.indices where seen >> UInt64(index) & 1 == 0 {
                if best < 0 || choices[index].available > choices[best].available { best = index }
            }
            if best < 0 { break }
            seen |= 1 << UInt64(best)
            sum += choices[best].available
        }
        return sum
    }

    /// Each unit from where the most is left, of several the one whose location comes first. The choices stand in the order of what is
    /// available, and have enough together.
    private static func takeEvenly(_ need: Int64, _ choices: UnsafeMutableBufferPointer<Choice>) {
        /// What is taken where everything above a level goes.
        func taken(above level: Int64) -> Int64 { choices.reduce(0) { $0 + max(0, $1.available - level) } }
        // The highest level above which there is enough.
        var (low, high) = (Int64(0), choices[0].available)
        while low < high {
            let middle = high - (high - low) / 2
            if taken(above: middle) >= need { low = middle } else { high = middle - 1 }
        }
        // Down to the level above it everything goes, and then one unit each, the first locations first.
        var left = need - taken(above: low + 1)
        for index in choices.indices { choices[index].taken = max(0, choices[index].available - low - 1) }
        while left > 0 {
            var next = -1
            for index in choices.indices where choices[index].available - choices[index].taken == low + 1 {
                if next < 0 || choices[index].location < choices[next].location { next = index }
            }
            choices[next].taken += 1
            left -= 1
        }
    }

    /// A list of at most `EventLimits.maxCandidates` is sorted in place, without a copy.
    private static func sort(_ choices: UnsafeMutableBufferPointer<Choice>, by isBefore: (Choice, Choice) -> Bool) {
        for index in choices.indices.dropFirst() {
            var place = index
            while place > 0, isBefore(choices[place], choices[place - 1]) {
                choices.swapAt(place, place - 1)
                place -= 1
            }
        }
    }

    static func moveTakenToFront(_ choices: UnsafeMutableBufferPointer<Choice>) -> Int {
        var count = 0
        for index in choices.indices where choices[index].taken > 0 {
            // Those between give nothing, so that their order does not matter.
            choices.swapAt(count, index)
            count += 1
        }
        return count
    }
}
