/// Slots in the order of a number each, sorted a run at a time, so that no step takes long: a restore shares its thread.
struct SortedRuns {
    static let length = 16_384

    private var entries: [TimerHeap.Entry] = []
    /// The place in each run.
    private var cursors: [Int] = []
    /// The runs by their next entry.
    private var runs = RunHeap()

    var isEmpty: Bool { runs.first == nil }

    mutating func append(_ slot: Int32, at number: Int64) {
        entries.append(TimerHeap.Entry(atMilliseconds: number, slot: slot))
        if entries.count % SortedRuns.length == 0 { sortLastRun() }
    }

    /// After the last `append`.
    mutating func end() {
        if entries.count % SortedRuns.length != 0 { sortLastRun() }
        for (run, place) in cursors.enumerated() {
            runs.push(TimerHeap.Entry(atMilliseconds: entries[place].atMilliseconds, slot: Int32(run)))
        }
    }

    private mutating func sortLastRun() {
        let start = cursors.count * SortedRuns.length
        cursors.append(start)
        entries[start...].sort { TimerHeap.isBefore($0, $1) }
    }

    /// The next slot; nil after the last one.
    mutating func next() -> Int32? {
        guard let top = runs.pop() else { return nil }
        let run = Int(top.slot)
        let place = cursors[run]
        cursors[run] += 1
        let end = min((run + 1) * SortedRuns.length, entries.count)
        if place + 1 < end {
            runs.push(TimerHeap.Entry(atMilliseconds: entries[place + 1].atMilliseconds, slot: top.slot))
        }
        return entries[place].slot
    }
}

/// A binary heap, as long as there are runs.
private struct RunHeap {
    private var entries: [TimerHeap.Entry] = []

    var first: TimerHeap.Entry? { entries.first }

    mutating func push(_ entry: TimerHeap.Entry) {
        entries.append(entry)
        var index = entries.count - 1
        while index > 0, case let parent = (index - 1) / 2, TimerHeap.isBefore(entries[index], entries[parent]) {
            entries.swapAt(index, parent)
            index = parent
        }
    }

    mutating func pop() -> TimerHeap.Entry? {
        guard let top = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return top }
        entries[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count && TimerHeap.isBefore(entries[child], entries[least]) {
                least = child
            }
            guard least != index else { return top }
            entries.swapAt(index, least)
            index = least
        }
    }
}
