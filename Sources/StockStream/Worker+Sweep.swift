import StockCore

// Beside the work: whether the state still adds up.

extension Worker {
    /// Checks some records of one task, and whether any fact has broken something.
    func sweepIdentities() {
        let now = nowMonotonic
        guard now - lastSweepMonotonic >= options.sweepIntervalMilliseconds, touched.isEmpty, commits.state == .idle else { return }
        lastSweepMonotonic = now
        for case let task? in tasks where task.isRunning {
            if let found = task.state.firstInconsistency { tell(task, found) }
        }
        guard !tasks.isEmpty else { return }
        nextSweepTask %= tasks.count
        guard let task = tasks[nextSweepTask], task.isRunning else {
            nextSweepTask += 1
            return
        }
        let passes = task.sweep.passes
        if let found = task.sweep.step(task.state, most: options.sweepRecordsPerStep) { tell(task, found) }
        if task.sweep.passes != passes { nextSweepTask += 1 }
    }

    /// The first one of a task counts: those that follow may come of it.
    private func tell(_ task: StreamTask, _ found: Inconsistency) {
        guard task.inconsistency == nil else { return }
        task.inconsistency = found
        notify(.inconsistent(partition: task.partition, found))
    }
}
