internal import StockCore

/// Which SKUs of a batch go into or out of the low and out-of-stock sets, by location, so that each set is one command a batch.
struct MemberTable {
    /// A SKU at a location, or its totals.
    struct Member {
        /// The index of the SKU in the batch.
        var sku: Int32
        /// The next member of the same location; -1: none.
        var next: Int32
        var available: Int64
        var isLow: Bool
        var isOut: Bool
    }

    /// One location's members; the empty key stands for the totals.
    struct Location {
        var name: Key
        var first: Int32 = -1
        var count = 0
        var low = 0
        var out = 0
    }

    private(set) var locations: [Location] = []
    private var members: [Member] = []
    private var indices: [Key: Int32] = [:]
    private var guess = 0

    mutating func removeAll() {
        locations.removeAll(keepingCapacity: true)
        members.removeAll(keepingCapacity: true)
        indices.removeAll(keepingCapacity: true)
        guess = 0
    }

    mutating func add(_ location: Key, sku: Int32, available: Int64, isLow: Bool, isOut: Bool) {
        let index = index(of: location)
        let new = Int32(members.count)
        members.append(Member(sku: sku, next: locations[index].first, available: available, isLow: isLow, isOut: isOut))
        locations[index].first = new
        locations[index].count += 1
        if isLow { locations[index].low += 1 }
        if isOut { locations[index].out += 1 }
    }

    /// SKUs name the same locations in the same order for the most part, so the one after the last is tried before the table.
    private mutating func index(of location: Key) -> Int {
        if guess < locations.count, locations[guess].name == location {
            guess += 1
            return guess - 1
        }
        if let known = indices[location] {
            guess = Int(known) + 1
            return Int(known)
        }
        indices[location] = Int32(locations.count)
        locations.append(Location(name: location))
        guess = locations.count
        return locations.count - 1
    }

    func forEach(of location: Location, _ body: (Member) -> Void) {
        var index = location.first
        while index >= 0 {
            body(members[Int(index)])
            index = members[Int(index)].next
        }
    }
}
