/// A binary heap of instants with a slot each, earliest first, equal instants by slot. Entries are never removed from the middle: whoever
/// takes one checks that it still holds.
struct TimerHeap: Sendable {
    struct Entry: Sendable {
        var atMilliseconds: Int64
        var slot: Int32
    }

    private(set) var entries: [Entry] = []

    var first: Entry? { entries.first }

    mutating func push(_ entry: Entry) {
        entries.append(entry)
        var index = entries.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard TimerHeap.isBefore(entries[index], entries[parent]) else { break }
            entries.swapAt(index, parent)
            index = parent
        }
    }

    /// Keeps the entries for which `isKept` answers true. O(n), in place.
    mutating func keep(_ isKept: (Entry) -> Bool) {
        entries.removeAll { !isKept($0) }
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    mutating func pop() -> Entry? {
        guard let top = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return top }
        entries[0] = last
        sink(0)
        return top
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            let left = 2 * index + 1
            let right = left + 1
            if left < entries.count && TimerHeap.isBefore(entries[left], entries[least]) { least = left }
            if right < entries.count && TimerHeap.isBefore(entries[right], entries[least]) { least = right }
            guard least != index else { return }
            entries.swapAt(index, least)
            index = least
        }
    }

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        a.atMilliseconds != b.atMilliseconds ? a.atMilliseconds < b.atMilliseconds : a.slot < b.slot
    }
}
