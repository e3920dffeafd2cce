/// Notices what a dead owner has left open where no restore looks: in topics that every worker writes to.
///
/// A process that is killed when the first records of a transaction are on their way may have nothing open but a record that it sent on
/// to another partition of the input, a level or an alert. Ledger, state and offset are whole then, and nothing holds the new owner
/// up; yet whoever reads that other partition waits until the transaction times out. So a worker that has restored partitions looks twice
/// at the ends of all that is written, and where one stands still meanwhile, the owners before are fenced, once.
struct LeftoverWatch {
    /// Ids of the owners before that were not fenced yet.
    private var ids: [String] = []
    /// What was open at the first look.
    private var open: [OpenPartition]?
    private var dueMonotonic: Int64 = 0
    /// How often in a row the broker did not tell.
    private var silences: Int64 = 0

    /// A partition was restored whose owner had these ids. The first look waits for others that are restored at the same time.
    mutating func restored(after owner: [String], dueMonotonic: Int64) {
        guard !owner.isEmpty else { return }
        for id in owner where !ids.contains(id) { ids.append(id) }
        open = nil
        self.dueMonotonic = dueMonotonic
    }

    /// Whether it is time to look. Free where nothing was restored.
    func isDue(_ nowMonotonic: Int64) -> Bool { !ids.isEmpty && nowMonotonic >= dueMonotonic }

    /// Takes what is open now, nil where the broker does not tell, and gives back the ids to fence. The next look is so much later; while
    /// a node is away each one takes its time from the work, so they become rarer.
    mutating func look(at now: [OpenPartition]?, nowMonotonic: Int64, pauseMilliseconds: Int64) -> [String] {
        silences = now == nil ? min(silences + 1, 5) : 0
        dueMonotonic = nowMonotonic + pauseMilliseconds << silences
        guard let now else { return [] }
        guard let before = open, !now.isEmpty else {
            open = now
            if now.isEmpty { ids = [] }
            return []
        }
        defer {
            ids = []
            open = nil
        }
        return before.contains(where: now.contains) ? ids : []
    }
}
