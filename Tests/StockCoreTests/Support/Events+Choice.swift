import StockCore

// Events that name several locations to be chosen from. The locations go along with the event: here they are the digits of its hash.
extension StockEvent {
    private static let places: [Key] = ["main", "shop", "attic", "third", "L1", "L2", "L3", "L4", "L5"]

    /// The locations that it names; the distance of the first is 0, of the next 10, and so on.
    var candidates: [Candidate] {
        get {
            guard hasCandidates else { return [] }
            return String(candidatesHash).enumerated().map { place, digit in
                Candidate(StockEvent.places[digit.wholeNumberValue! - 1], distance: Int64(place) * 10)
            }
        }
        set {
            candidatesHash = newValue.reduce(0) { $0 * 10 + Int64(StockEvent.places.firstIndex(of: $1.location)! + 1) }
            location = Key()
        }
    }

    /// The same request, with locations to be chosen from.
    func at(_ locations: [Key], _ strategy: Strategy = .singleFirst, split: Bool = true) -> StockEvent {
        var event = self
        event.candidates = locations.map { Candidate($0) }
        event.strategy = strategy
        event.deniesSplit = !split
        return event
    }

    /// The same about one part of a promise.
    func at(_ location: Key) -> StockEvent {
        var event = self
        event.location = location
        return event
    }
}
