/// Slots in the order of a number each, sorted a run at a time, so that no step takes long: a restore shares its thread.
struct SortedRuns {
    static let length = 16_384

    private var entries: [TimerHeap.Entry] = []
    /// The place in each run.
    private var cursors: [Int] = []
    /// The runs by their next entry.
    private var runs = BinaryHeap<TimerHeap.Entry>()

    var isEmpty: Bool { runs.first == nil }

    mutating func append(_ slot: Int32, at number: Int64) {
        entries.append(TimerHeap.Entry(atMilliseconds: number, slot: slot))
        if entries.count % SortedRuns.length == 0 { sortLastRun() }
    }

    /// After the last `append`.
    mutating func end() {
        if entries.count % SortedRuns.length != 0 { sortLastRun() }
        for (run, place) in cursors.enumerated() {
            runs.push(TimerHeap.Entry(atMilliseconds: entries[place].atMilliseconds, slot: Int32(run)), TimerHeap.isBefore)
        }
    }

    private mutating func sortLastRun() {
        let start = cursors.count * SortedRuns.length
        cursors.append(start)
        entries[start...].sort { TimerHeap.isBefore($0, $1) }
    }

    /// The next slot; nil after the last one.
    mutating func next() -> Int32? {
        guard let top = runs.pop(TimerHeap.isBefore) else { return nil }
        let run = Int(top.slot)
        let place = cursors[run]
        cursors[run] += 1
        let end = min((run + 1) * SortedRuns.length, entries.count)
        if place + 1 < end {
            runs.push(TimerHeap.Entry(atMilliseconds: entries[place + 1].atMilliseconds, slot: top.slot), TimerHeap.isBefore)
        }
        return entries[place].slot
    }
}
