import StockCore

// Step 7: the read model. Values are taken from committed state only: between a commit and the next change.

extension Worker {
    /// Begins to take ownership of the task's view.
    func own(_ task: StreamTask) {
        view.own(task.partition, incarnation: task.state.values.incarnation, claim: task.claim.number)
        task.view.isOwnershipAsked = true
    }

    /// Moves the read model on: what has been answered, then a batch for each partition that is behind, as far as there is room: under
    /// load one partition takes all of a turn, and the next one comes first in the next.
    func project() {
        guard commits.state == .idle, touched.isEmpty else { return }
        let wall = clock.wallMilliseconds()
        while let event = view.poll(nowMilliseconds: wall) { take(event) }
        let monotonic = nowMonotonic
        let factor = isQuiet && waitingRecords <= options.batchRecords ? options.projectionQuietFactor : 1
        var room = ProjectionRoom(skus: options.projectionSKUsPerTurn * factor, bytes: options.projectionBytesPerTurn * factor)
        let first = nextViewTask
        var hasBatches = false
        for step in 0..<tasks.count where !room.isTaken {
            let index = (first + step) % tasks.count
            guard let task = tasks[index], task.isRunning else { continue }
            if !task.view.isOwnershipAsked && task.state.values.incarnation != 0 { own(task) }
            guard task.view.isOwned, view.isReady(task.partition), isViewBehind(task, monotonic) else { continue }
            nextViewTask = (index + 1) % tasks.count
            addBatch(task, monotonic, &room)
            hasBatches = true
        }
        if hasBatches { view.sendBatches() }
    }

    /// Input that the broker has and no turn has read, as far as fetches have told: a consumer has nothing also where it waits for the
    /// rest of a backlog.
    private var waitingRecords: Int {
        tasks.reduce(0) { sum, task in
            guard let task, task.isRunning, let end = source.highWatermark(task.partition) else { return sum }
            return sum + Int(max(0, end - task.next))
        }
    }

    /// What the batches of a turn may still take.
    private struct ProjectionRoom {
        var skus: Int
        var bytes: Int
        var isTaken: Bool { skus <= 0 || bytes <= 0 }
    }

    private func isViewBehind(_ task: StreamTask, _ monotonic: Int64) -> Bool {
        if task.state.unprojectedCount > 0 { return true }
        let isOld = monotonic - task.view.writtenMonotonic >= options.watermarkIntervalMilliseconds
        return isOld && (task.view.seq != task.state.values.seq || task.view.timeMilliseconds != task.state.values.logTimeMilliseconds)
    }

    private func take(_ event: ProjectionEvent) {
        switch event {
        case .owned(let partition, let watermark):
            guard let task = task(partition) else { return }
            owned(task, watermark)
        case .applied(let partition):
            guard let task = task(partition) else { return }
            counters.projectedSKUs += Int64(task.view.inFlight.count)
            task.view.inFlight.removeAll(keepingCapacity: true)
            task.view.isInFlight = false
            task.view.confirmedSeq = task.view.seq
            if let after = task.view.sweepAfterSeq, task.view.seq >= after {
                task.view.sweepAfterSeq = nil
                view.sweep(partition, incarnation: task.state.values.incarnation)
            }
        case .interrupted(let partition):
            guard let task = task(partition) else { return }
            requeueInFlight(task)
            task.view.isOwned = false
        case .superseded(let partition):
            guard let task = task(partition) else { return }
            requeueInFlight(task)
            task.view.isOwned = false
            task.view.isSuperseded = true
            notify(.superseded(partition: partition))
        }
    }

    private func owned(_ task: StreamTask, _ watermark: Watermark?) {
        requeueInFlight(task)
        task.view.isOwned = true
        task.view.isSuperseded = false
        let values = task.state.values
        // A batch's number comes once, also where the server has fallen back: it tells whether a batch was applied.
        task.view.batch = max(task.view.batch, watermark?.batch ?? 0)
        if let watermark, watermark.incarnation == values.incarnation, watermark.seq <= values.seq {
            (task.view.seq, task.view.next, task.view.timeMilliseconds) = (watermark.seq, watermark.next, watermark.timeMilliseconds)
            task.state.requeueProjection(changedAfterSeq: watermark.seq)
            task.view.sweepAfterSeq = nil
        } else {
            (task.view.seq, task.view.next, task.view.timeMilliseconds) = (-1, -1, 0)
            task.state.requeueWholeProjection()
            task.view.sweepAfterSeq = values.seq
        }
        task.view.confirmedSeq = task.view.seq
    }

    /// The batch in flight was not applied, or nobody knows: its SKUs wait again, oldest change first.
    private func requeueInFlight(_ task: StreamTask) {
        for entry in task.view.inFlight.reversed() { task.state.requeueProjection(entry.sku, sinceSeq: entry.sinceSeq) }
        task.view.inFlight.removeAll(keepingCapacity: true)
        task.view.isInFlight = false
    }

    private func addBatch(_ task: StreamTask, _ monotonic: Int64, _ room: inout ProjectionRoom) {
        task.view.inFlight.removeAll(keepingCapacity: true)
        let all = task.state.projectedThroughSeq
        // The watermark has to be known before the batch: what is in it counts as written.
        let mark = takeSKUs(task, &room)
        assert(mark >= all)
        task.view.batch += 1
        task.view.isInFlight = true
        task.view.writtenMonotonic = monotonic
        advanceWatermark(task, mark)
        view.beginBatch(
            task.partition,
            Watermark(
                incarnation: task.state.values.incarnation, claim: task.claim.number, batch: task.view.batch, seq: task.view.seq,
                next: task.view.next,
                timeMilliseconds: task.view.timeMilliseconds),
            counters: projectedCounters(task))
        for entry in task.view.inFlight { add(entry.sku, task) }
        view.endBatch()
    }

    /// Moves the watermark to `mark`, the seq through which the view has everything. A part of a fill counts as nothing: readers have to
    /// know that keys may be missing, and a fill that breaks off has to be begun again, its sweep included.
    private func advanceWatermark(_ task: StreamTask, _ mark: Int64) {
        if let filled = task.view.sweepAfterSeq, mark < filled { return }
        task.view.seq = mark
        if mark == task.state.values.seq {
            task.view.next = task.state.values.next
            task.view.timeMilliseconds = task.state.values.logTimeMilliseconds
        } else if let point = task.history.point(atOrBelow: mark) {
            task.view.next = max(task.view.next, point.next)
            task.view.timeMilliseconds = max(task.view.timeMilliseconds, point.timeMilliseconds)
        }
    }

    /// Takes the SKUs of the next batch out of the queue, and answers with the seq through which the view has everything after it.
    private func takeSKUs(_ task: StreamTask, _ room: inout ProjectionRoom) -> Int64 {
        while !room.isTaken {
            let since = task.state.projectedThroughSeq + 1
            let sku = task.state.takeUnprojected()
            guard sku >= 0 else { break }
            task.view.inFlight.append((sku, since))
            room.skus -= 1
            room.bytes -= 512 + 128 * Int(task.state.sku(sku).locationCount)
        }
        return task.state.projectedThroughSeq
    }

    private func add(_ slot: Int32, _ task: StreamTask) {
        let record = task.state.sku(slot)
        var safety: Int64 = 0
        var waiting: Int64 = 0
        var isLow = false
        task.state.forEachLevel(of: slot) { slot in
            let level = task.state.level(slot)
            waiting += task.state.waitingForHolds(at: slot)
            safety += level.effectiveSafetyStock(record.policy)
            isLow = isLow || level.isLow
        }
        view.addSKU(
            record.key, version: record.version, timeMilliseconds: record.lastTimeMilliseconds, seq: record.lastSeq,
            scale: record.policy.effectiveScale, totals: ProjectedQuantities(record.totals, safetyStock: safety, waiting: waiting),
            isLow: isLow, isOut: record.isOut)
        if record.policy.velocity != Policy.absent {
            sold.reset()
            task.state.addSold(of: slot, to: &sold)
            view.addSold(sold)
        }
        var level = record.firstLevel
        while level >= 0 {
            let place = task.state.level(level)
            if place.isUnprojected {
                let own = place.effectiveSafetyStock(record.policy)
                let waiting = task.state.waitingForHolds(at: level)
                view.addLocation(
                    place.location, ProjectedQuantities(place.balances, safetyStock: own, waiting: waiting), isLow: place.isLow,
                    isOut: place.isOut)
                if let velocity = task.state.velocity(ofLevel: level) {
                    sold.reset()
                    sold.add(velocity)
                    view.addSold(sold)
                }
                task.state.noteProjected(level: level)
            } else {
                view.addUnchangedLocation(place.location, hasSold: place.hasVelocity)
            }
            level = place.next
        }
    }

    private func projectedCounters(_ task: StreamTask) -> ProjectedCounters {
        let values = task.state.values.counters
        var counters = ProjectedCounters()
        counters.accepted = values.accepted
        counters.rejected = values.rejected
        counters.duplicates = values.duplicates
        counters.deadLetters = values.deadLetters
        counters.rerouted = values.rerouted
        counters.oversellRefused = values.oversellRefused
        counters.unitsRefused = values.unitsRefused
        counters.expiredHolds = values.expiredHolds
        counters.skus = Int64(task.state.skuCount)
        counters.openHolds = Int64(task.state.openHoldCount)
        return counters
    }

    /// Before partitions are given up: what fits into a short time. The rest is the next owner's, who knows from the watermark what is
    /// missing.
    func projectBeforeLeaving(_ partitions: [Int32]) {
        let deadline = nowMonotonic + options.drainMilliseconds / 10
        while nowMonotonic < deadline, commits.state == .idle {
            let isDone = partitions.allSatisfy { partition in
                guard let task = task(partition), task.isRunning, task.view.isOwned else { return true }
                return !task.view.isInFlight && task.view.seq == task.state.values.seq && task.state.unprojectedCount == 0
            }
            if isDone { return }
            project()
            view.wait(milliseconds: options.idleWaitMilliseconds)
        }
    }
}

extension ProjectedQuantities {
    init(_ balances: Balances, safetyStock: Int64, waiting: Int64) {
        self.init()
        onHand = balances.onHand
        sellable = balances.sellable
        held = balances.held
        committed = balances.committed
        unavailable = balances.onHand - balances.sellable
        self.safetyStock = safetyStock
        available = balances.available
        shortfall = balances.shortfall
        incoming = balances.incoming
        inTransit = balances.inTransit
        backordered = balances.backordered
        preordered = balances.preordered
        self.waiting = waiting
    }
}
