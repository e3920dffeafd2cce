import StockCore

// Step 8: what becomes due without an event.

extension Worker {
    /// Moves log time where the input is read to its end, and fires what is due, oldest first, up to the limit of a turn.
    func fireTimers() {
        let monotonic = nowMonotonic
        let records = recordsInTransaction
        for case let task? in tasks where task.isRunning {
            moveTime(task, monotonic)
            expire(task, most: max(options.timerFactsPerTurn - timerFactsInTurn, records))
            nameUncovered(task, most: options.timerFactsPerTurn - timerFactsInTurn)
            forget(task, most: max(options.timerFactsPerTurn - timerFactsInTurn, closedPerRecord * records))
        }
    }

    /// Ends due holds, the earliest first. Each fact is about one SKU and so often about one hold: as many as there are records have to be
    /// allowed, or where most records are holds they would outlive their time ever longer.
    private func expire(_ task: StreamTask, most: Int) {
        var left = most
        while left > 0 && output.isUnharmed {
            let sku = task.state.nextDueSKU(at: task.state.values.logTimeMilliseconds)
            guard sku >= 0, openTransaction() else { return }
            task.touch()
            noteTouched(task)
            task.state.makeExpiry(of: sku, into: &fact.pointee)
            left -= 1
            timerFactsInTurn += 1
            timerFactsInTransaction += 1
            settle(task, noEnvelope, error: nil)
        }
    }

    /// Names promises that are not covered any more: each fact up to a thousand of them, of one SKU at one location.
    private func nameUncovered(_ task: StreamTask, most: Int) {
        var left = most
        while left > 0 && output.isUnharmed && task.state.hasUncoveredToName {
            guard openTransaction() else { return }
            task.touch()
            noteTouched(task)
            task.state.makeUncovered(into: &fact.pointee)
            left -= 1
            timerFactsInTurn += 1
            timerFactsInTransaction += 1
            settle(task, noEnvelope, error: nil)
        }
    }

    /// Closed records that one record makes at most: a shipment and the order line that it ends.
    private var closedPerRecord: Int { 2 }

    /// Forgets closed records. Each fact is about one SKU and so often about one record: the limit of timers alone would let them grow for
    /// ever where records close more of them than that.
    private func forget(_ task: StreamTask, most: Int) {
        var left = most
        while left > 0 && output.isUnharmed && task.state.hasClosedToForget() {
            guard openTransaction() else { return }
            task.touch()
            noteTouched(task)
            task.state.makeForget(into: &fact.pointee)
            left -= 1
            timerFactsInTransaction += 1
            settle(task, noEnvelope, error: nil)
        }
    }

    /// Log time moves by itself only at the end of the partition: the position is the high watermark (not the last stable offset, since an
    /// open transaction may hold earlier records).
    private func moveTime(_ task: StreamTask, _ monotonic: Int64) {
        guard let end = task.endOffset, end == source.highWatermark(task.partition) else { return }
        guard isClockRight(task) else {
            // What has passed meanwhile is taken from the clock once it is right.
            task.hasTimeBase = false
            return
        }
        let values = task.state.values
        let wall = clock.wallMilliseconds()
        if !task.hasTimeBase {
            task.setTimeBase(max(values.logTimeMilliseconds, wall), monotonicMilliseconds: monotonic)
        } else if values.logTimeMilliseconds > task.timeBaseMilliseconds + (monotonic - task.timeBaseMonotonic) {
            task.setTimeBase(values.logTimeMilliseconds, monotonicMilliseconds: monotonic)
        }
        let byMonotonic = task.timeBaseMilliseconds + (monotonic - task.timeBaseMonotonic)
        let time = min(wall, byMonotonic)
        // Log time is worth moving only for something that waits for it.
        guard time > values.logTimeMilliseconds else { return }
        if let due = task.state.earliestTimerMilliseconds, due <= time {
            // The time that the fact will carry must be put back if its transaction is aborted.
            guard openTransaction() else { return }
            task.touch()
            noteTouched(task)
        }
        task.state.advanceLogTime(to: time)
    }

    /// Whether this clock may say what time it is: it has been compared with the brokers', and neither that nor the last record found it
    /// off.
    private func isClockRight(_ task: StreamTask) -> Bool {
        !task.isClockOff && clock.measuredErrorMilliseconds() != nil && !isWallClockOff
    }

    /// Whether a comparison found this clock off; before the first nothing is known against it.
    var isWallClockOff: Bool { abs(clock.measuredErrorMilliseconds() ?? 0) > options.clockToleranceMilliseconds }
}
